// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** The time of a round: it stands still until it is set forward. */
final class VirtualClock extends Clock {

  /**
   * When rounds begin: before all real time, so that a real database, whose clock cannot be set,
   * takes whatever is set aside here for due.
   */
  static final Instant START = Instant.parse("2020-01-01T00:00:00Z");

  private long millis = START.toEpochMilli();
  private Instant now = START;

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public long millis() {
    return millis;
  }

  void advance(long by) {
    set(millis + by);
  }

  /** Sets it forward. */
  void set(long to) {
    if (to < millis) {
      throw new IllegalArgumentException(
          "time went back by %s".formatted(Duration.ofMillis(millis - to)));
    }
    millis = to;
    now = Instant.ofEpochMilli(to);
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    throw new UnsupportedOperationException("protocol times are in UTC");
  }
}
