// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up what was set aside when its time has come: retries, and deadlines of executed steps. Any
 * instance does, in batches; a row that another has locked is passed over. To be run by one thread.
 *
 * <p>A deadline is the row's own column, which never changes, rather than a due time that each step
 * would have to write and clear: nearly every saga ends before it. So deadlines are looked at in
 * windows of time, each twice, since a row that is locked at the first look may need the second.
 */
public final class Timers implements Runnable, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Timers.class);
  private static final int ROWS = 500;
  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration WINDOW = Duration.ofSeconds(5);

  private final Intake intake;
  private final Clock clock;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private Instant deadlinesSeen = Instant.EPOCH;
  private Instant deadlinesLooked = Instant.EPOCH;
  private boolean inTrouble;

  /** Timers of one instance; the intake is theirs alone. */
  public Timers(Intake intake, Clock clock) {
    this.intake = intake;
    this.clock = clock;
  }

  @Override
  public void run() {
    Duration pause = TICK;
    while (sleep(pause)) {
      pause = TICK;
      try {
        Instant next = tick();
        if (next != null) {
          Duration until = Duration.between(clock.instant(), next);
          pause = until.compareTo(TICK) < 0 ? until : TICK;
        }
        inTrouble = false;
      } catch (Trouble trouble) {
        if (!inTrouble) {
          LOG.warn("outcome=waiting: timers try again: {}", trouble.getMessage());
        }
        inTrouble = true;
      } catch (RuntimeException e) {
        // Timers that stop would leave retries and deadlines waiting; the next round may succeed.
        LOG.error("timers failed and try again", e);
      }
    }
  }

  /**
   * Takes up everything that is due now.
   *
   * @return when the next row that it set aside again is due, null if there is none
   */
  public @Nullable Instant tick() {
    Instant now = clock.instant();
    Instant next = null;
    Intake.Woken woken;
    do {
      woken = intake.wake(now, null, ROWS);
      next = earlier(next, woken.next());
    } while (woken.rows() == ROWS);
    if (!now.isBefore(deadlinesLooked.plus(WINDOW))) {
      Journal.Late late = new Journal.Late(deadlinesSeen, now);
      do {
        woken = intake.wake(now, late, ROWS);
        next = earlier(next, woken.next());
      } while (woken.rows() == ROWS);
      deadlinesSeen = deadlinesLooked;
      deadlinesLooked = now;
    }
    return next;
  }

  private static @Nullable Instant earlier(@Nullable Instant a, @Nullable Instant b) {
    return a == null || (b != null && b.isBefore(a)) ? b : a;
  }

  private boolean sleep(Duration pause) {
    try {
      return !stopping.await(Math.max(1, pause.toMillis()), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Ends {@link #run} after the batch that is under way. */
  @Override
  public void close() {
    stopping.countDown();
  }
}
