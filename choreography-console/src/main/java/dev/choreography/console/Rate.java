// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.time.Duration;

/**
 * How many bookings a second are published.
 *
 * @param perSecond 0 for as many as can be
 */
record Rate(double perSecond) {

  Rate {
    if (!(perSecond >= 0 && perSecond <= 1_000_000)) {
      throw new IllegalArgumentException("a rate is 0 to 1000000, this is " + perSecond);
    }
  }

  /**
   * Reads {@code 50/s}, {@code 50} or {@code 0.5}.
   *
   * @throws IllegalArgumentException if it is nothing of the kind
   */
  static Rate parse(String text) {
    if (!text.matches("\\d{1,7}(\\.\\d+)?(/s)?")) {
      throw new IllegalArgumentException("no rate");
    }
    return new Rate(Double.parseDouble(text.replace("/s", "")));
  }

  /** When the booking of that number, counted from 0, is due after the first. */
  Duration due(int number) {
    return perSecond == 0
        ? Duration.ZERO
        : Duration.ofNanos((long) (number * (double) Duration.ofSeconds(1).toNanos() / perSecond));
  }

  @Override
  public String toString() {
    return perSecond == 0
        ? "as fast as they can be"
        : (perSecond == Math.rint(perSecond) ? "" + (long) perSecond : "" + perSecond)
            + " a second";
  }
}
