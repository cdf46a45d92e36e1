// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.Trip;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;

/** The trips that the demo books, by number; the same for the same seed. */
final class Trips {

  private static final LocalDate FROM = LocalDate.of(2027, 5, 1);
  private static final LocalDate UNTIL = FROM.plusDays(3);
  private static final List<Destination> DESTINATIONS =
      List.of(
          new Destination("LH-100", "LISBON-PALACE", "LISBON-AIRPORT"),
          new Destination("LH-200", "PORTO-RIVERSIDE", "PORTO-AIRPORT"),
          new Destination("LH-300", "FARO-BEACH", "FARO-AIRPORT"));

  private Trips() {}

  /** {@code trip-7-0001} is the first booking of seed 7. */
  static String sagaId(long seed, int number) {
    return String.format(Locale.ROOT, "trip-%d-%04d", seed, number);
  }

  /**
   * A booking.
   *
   * @param number counted from 1
   */
  static BookingStarted booking(long seed, int number) {
    Destination to = DESTINATIONS.get((number - 1) % DESTINATIONS.size());
    Trip trip =
        new Trip(
            "booking-" + number,
            "customer-" + number,
            to.flight(),
            to.hotel(),
            FROM,
            UNTIL,
            to.carLocation(),
            FROM,
            UNTIL);
    return new BookingStarted(sagaId(seed, number), trip);
  }

  private record Destination(String flight, String hotel, String carLocation) {}
}
