// SPDX-License-Identifier: Apache-2.0
/**
 * Seats of flights, held for a trip, booked when it is complete and given back when it falls
 * through.
 *
 * <pre>
 *   BookFlight ── reserve, confirm, cancel ──> Flights ──> tables flights, seat_reservations
 * </pre>
 */
@NullMarked
package dev.choreography.flight;

import org.jspecify.annotations.NullMarked;
