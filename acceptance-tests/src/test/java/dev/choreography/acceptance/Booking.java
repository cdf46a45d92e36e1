// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.Trip;
import java.time.LocalDate;
import java.util.List;

/**
 * What a customer asks for.
 *
 * @param nights from 1 July 2027 on
 */
record Booking(String sagaId, String flight, String hotel, int nights, String location) {

  static final List<String> FLIGHTS = List.of("LH-100", "LH-200", "LH-300");
  static final List<String> HOTELS = List.of("LISBON-PALACE", "PORTO-RIVERSIDE", "FARO-BEACH");
  static final List<String> LOCATIONS = List.of("LISBON-AIRPORT", "PORTO-AIRPORT", "FARO-AIRPORT");

  private static final LocalDate CHECK_IN = LocalDate.of(2027, 7, 1);

  /** One that everybody can fulfil. */
  static Booking of(String sagaId) {
    return new Booking(sagaId, FLIGHTS.get(0), HOTELS.get(0), 2, LOCATIONS.get(0));
  }

  /** One of many over all flights, hotels and cars, in no order that two of them share. */
  static Booking spread(String sagaId, int number) {
    return new Booking(
        sagaId,
        FLIGHTS.get(number % 3),
        HOTELS.get((number / 3) % 3),
        1 + number % 3,
        LOCATIONS.get((number / 9) % 3));
  }

  Booking withHotel(String other) {
    return new Booking(sagaId, flight, other, nights, location);
  }

  Booking withLocation(String other) {
    return new Booking(sagaId, flight, hotel, nights, other);
  }

  BookingStarted event() {
    return new BookingStarted(
        sagaId,
        new Trip(
            "booking of " + sagaId,
            "customer of " + sagaId,
            flight,
            hotel,
            CHECK_IN,
            CHECK_IN.plusDays(nights),
            location,
            CHECK_IN,
            CHECK_IN.plusDays(nights)));
  }
}
