// SPDX-License-Identifier: Apache-2.0
package dev.choreography.hotel;

import static java.time.temporal.ChronoUnit.DAYS;

import dev.choreography.tripbooking.Trip;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
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

  /** From the earlier check-in to the later check-out of the two, which are at one hotel. */
  Stay until(Stay other) {
    return new Stay(
        hotelId,
        checkIn.isBefore(other.checkIn) ? checkIn : other.checkIn,
        checkOut.isAfter(other.checkOut) ? checkOut : other.checkOut);
  }

  Stream<Night> nights() {
    return count() < 1
        ? Stream.empty()
        : checkIn.datesUntil(checkOut).map(date -> new Night(hotelId, date));
  }

  /** The first night without a room, or empty if each has one. */
  Optional<LocalDate> firstWithout(Map<Night, Integer> rooms) {
    return nights().filter(night -> rooms.getOrDefault(night, 0) < 1).map(Night::date).findFirst();
  }
}
