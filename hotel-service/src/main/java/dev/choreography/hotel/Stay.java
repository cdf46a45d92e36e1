// SPDX-License-Identifier: Apache-2.0
package dev.choreography.hotel;

import static java.time.temporal.ChronoUnit.DAYS;

import dev.choreography.tripbooking.Trip;
import java.time.LocalDate;
import java.util.stream.Stream;

/** A hotel and the nights there, from check-in to the one before check-out. */
record Stay(String hotelId, LocalDate checkIn, LocalDate checkOut) {

  static Stay of(Trip trip) {
    return new Stay(trip.getHotelId(), trip.getCheckIn(), trip.getCheckOut());
  }

  /** How many; none or less than none if the trip's dates make no sense. */
  int count() {
    return Math.toIntExact(DAYS.between(checkIn, checkOut));
  }

  Stream<LocalDate> nights() {
    return checkIn.datesUntil(checkOut);
  }
}
