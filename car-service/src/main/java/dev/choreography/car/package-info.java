// SPDX-License-Identifier: Apache-2.0
/**
 * Cars, booked for a trip. They come last and alone, so none is ever given back by a saga.
 *
 * <pre>
 *   BookCar ── reserve ──> Cars ──> tables car_locations, car_reservations
 * </pre>
 */
@NullMarked
package dev.choreography.car;

import org.jspecify.annotations.NullMarked;
