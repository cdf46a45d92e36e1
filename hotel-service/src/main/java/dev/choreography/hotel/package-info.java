// SPDX-License-Identifier: Apache-2.0
/**
 * Rooms of hotels, booked night by night for a trip and given back when the trip falls through.
 *
 * <pre>
 *   BookHotel ── lock, reserve, cancel ──> Hotels ──> tables room_nights, room_reservations
 * </pre>
 */
@NullMarked
package dev.choreography.hotel;

import org.jspecify.annotations.NullMarked;
