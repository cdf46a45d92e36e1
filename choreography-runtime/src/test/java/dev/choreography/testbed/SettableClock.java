// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that stands still until it is told otherwise. */
public final class SettableClock extends Clock {

  private volatile Instant now;

  /** A clock that shows this. */
  public SettableClock(Instant now) {
    this.now = now;
  }

  /** Sets it, back also. */
  public void set(Instant to) {
    now = to;
  }

  /** Sets it forward. */
  public void advance(Duration by) {
    now = now.plus(by);
  }

  @Override
  public Instant instant() {
    return now;
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
