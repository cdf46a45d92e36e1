// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

/**
 * What the demo is to do.
 *
 * @param bookings how many sagas are started, 1 to {@value #MOST_BOOKINGS}
 * @param seed part of the saga ids, and what the services' random failures depend on
 * @param rate at which they are started
 * @param failures how often each step rejects at random
 * @param instances processes of each service, 1 to {@value #PARTITIONS}
 */
record DemoOptions(int bookings, long seed, Rate rate, Failures failures, int instances) {

  /** One with which five bookings show a success and both kinds of failure. A test holds that. */
  static final String DEFAULT_SEED = "1";

  /** Of each topic; more instances would have nothing to do. */
  static final int PARTITIONS = 4;

  static final int MOST_BOOKINGS = 100_000;

  DemoOptions {
    if (bookings < 1 || bookings > MOST_BOOKINGS || instances < 1 || instances > PARTITIONS) {
      throw new IllegalArgumentException(
          "%s bookings and %s instances, expected 1 to %s and 1 to %s"
              .formatted(bookings, instances, MOST_BOOKINGS, PARTITIONS));
    }
  }
}
