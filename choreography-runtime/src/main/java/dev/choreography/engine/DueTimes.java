// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * When rows that this instance has set aside are due, so that its timers take them up in time
 * without looking all the time. Losing one costs a second: then the timers look anyway. Pauses are
 * measured, so no clock has a say. Used by several threads.
 */
public final class DueTimes {

  /** Times are rounded up to this, so that thousands of rows become a few times. */
  private static final long GRAIN_MS = 10;

  /** Of a longer pause a second is no share worth remembering it for. */
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private final NavigableSet<Long> times = new TreeSet<>();
  private @Nullable Instant late;
  private boolean closed;

  /** A row will be due after this pause. */
  synchronized void add(Duration pause) {
    if (pause.compareTo(LONGEST) <= 0) {
      long time = (now() + pause.toMillis() + GRAIN_MS) / GRAIN_MS * GRAIN_MS;
      if (times.add(time) && times.first() == time) {
        notifyAll();
      }
    }
  }

  /** A row was committed after its deadline, when the timers may have looked already. */
  synchronized void addLate(Instant deadline) {
    if (late == null || deadline.isBefore(late)) {
      late = deadline;
    }
  }

  /** The earliest deadline after which a row was committed, and forgets it; null if none was. */
  synchronized @Nullable Instant takeLate() {
    Instant taken = late;
    late = null;
    return taken;
  }

  /**
   * Waits until a row is due, and no longer than this; a time that has come is forgotten.
   *
   * @return false if there is no more waiting
   */
  synchronized boolean await(Duration atMost) throws InterruptedException {
    long until = now() + atMost.toMillis();
    while (!closed) {
      long next = times.isEmpty() ? until : Math.min(until, times.first());
      long left = next - now();
      if (left <= 0) {
        times.headSet(now(), true).clear();
        return true;
      }
      wait(left);
    }
    return false;
  }

  /** Ends all waiting. */
  synchronized void close() {
    closed = true;
    notifyAll();
  }

  private static long now() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }
}
