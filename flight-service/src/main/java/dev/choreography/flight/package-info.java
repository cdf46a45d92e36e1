// SPDX-License-Identifier: Apache-2.0
/**
 * Seats of flights, booked for a trip and given back when the trip falls through.
 *
 * <pre>
 *   BookFlight ── reserve, cancel ──> Flights ──> tables flights, seat_reservations
 * </pre>
 */
@NullMarked
package dev.choreography.flight;

import org.jspecify.annotations.NullMarked;
