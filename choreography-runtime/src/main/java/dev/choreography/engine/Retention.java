// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When journal rows may leave, protocol rule 9: so long after their saga's deadline that no topic
 * holds an event of it any more. An event that comes even later, and finds no row, finds none
 * because it has left: it must not begin the saga anew.
 *
 * @param afterDeadline null to keep all rows for ever
 * @param clock tells what has passed
 */
public record Retention(@Nullable Duration afterDeadline, Clock clock) {

  /** Rows are kept for ever. */
  public static final Retention FOREVER = new Retention(null, Clock.systemUTC());

  /** Rows of sagas whose deadline lies before this may have left; null if none ever does. */
  @Nullable Instant horizon() {
    Instant now = clock.instant();
    // No deadline lies before the epoch.
    boolean ever =
        afterDeadline != null && afterDeadline.compareTo(Duration.between(Instant.EPOCH, now)) < 0;
    return ever ? now.minus(afterDeadline) : null;
  }

  /** Whether a row that is not there may have been, for an event with this deadline. */
  boolean mayHaveLeft(JournalRow row, Instant deadline) {
    Instant horizon = horizon();
    return horizon != null && row.isFresh() && deadline.isBefore(horizon);
  }
}
