// SPDX-License-Identifier: Apache-2.0
/**
 * The contract of the trip booking, shared by all who take part in it. The events are generated
 * from {@code src/main/avro}, one file for each topic and {@code trip.avsc}, which they share.
 *
 * <pre>
 *   booking_started ──> flight ── flight_booked ──> hotel ── hotel_booked ──> car ── car_booked
 *                         │                           │                        │
 *               flight_booking_failed       hotel_booking_failed      car_booking_failed
 *                                                     │                        │
 *                flight_compensated <── flight <──────┴── hotel_compensated <──┘
 * </pre>
 */
@NullMarked
package dev.choreography.tripbooking;

import org.jspecify.annotations.NullMarked;
