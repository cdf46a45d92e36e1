// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The times at which an instance sweeps. A sweep skips no row, whatever its id: where somebody
 * holds a snapshot for long, it passes a million deleted rows that cannot be cleaned up yet, which
 * takes a second. It is kept cheap by being done less often instead: after looks that took a time
 * <i>t</i> the next sweep begins 20 <i>t</i> later, so that one instance keeps one backend busy for
 * at most a twentieth of the time. What is found later is found all the same.
 *
 * <p>A look whose rows were all published is not counted: that was work to be done, and the next
 * sweep no longer finds it. Used by one thread.
 */
final class SweepPace {

  /** The inverse of the share of a backend's time that looking may take. */
  private static final int SHARE = 20;

  private final LongSupplier nanos;
  private long next;
  private Duration searched = Duration.ZERO;

  /**
   * A pace at which a sweep is due at once.
   *
   * @param nanos the time, from any origin, as by {@link System#nanoTime}
   */
  SweepPace(LongSupplier nanos) {
    this.nanos = nanos;
    this.next = nanos.getAsLong();
  }

  boolean isDue() {
    return nanos.getAsLong() - next >= 0;
  }

  /** Counts a page of a sweep. */
  void swept(Journal.Swept page) {
    if (page.rows() == 0 || page.published() < page.rows()) {
      searched = searched.plus(page.look());
    }
    if (!page.more()) {
      next = nanos.getAsLong() + searched.multipliedBy(SHARE).toNanos();
      searched = Duration.ZERO;
    }
  }
}
