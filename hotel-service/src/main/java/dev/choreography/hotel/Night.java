// SPDX-License-Identifier: Apache-2.0
package dev.choreography.hotel;

import java.time.LocalDate;
import java.util.Comparator;

/** One night at a hotel. */
record Night(String hotelId, LocalDate date) implements Comparable<Night> {

  private static final Comparator<Night> ORDER =
      Comparator.comparing(Night::hotelId).thenComparing(Night::date);

  @Override
  public int compareTo(Night other) {
    return ORDER.compare(this, other);
  }
}
