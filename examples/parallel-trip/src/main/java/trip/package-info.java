// SPDX-License-Identifier: Apache-2.0
/**
 * A trip of the customer's: a room, a car and a seat are reserved side by side, then all is paid.
 *
 * <pre>
 *                    ┌──> room ── room_reserved ──┐
 *   trip_requested ──┼──> car ─── car_reserved ───┼──> payment ── trip_paid
 *                    └──> seat ── seat_reserved ──┘
 * </pre>
 *
 * <p>The first file to read is {@link trip.Trip}.
 */
@NullMarked
package trip;

import org.jspecify.annotations.NullMarked;
