// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes up what was set aside when its time has come: retries, and deadlines of executed steps. Any
 * instance does, in small batches; a row that another has locked is passed over. To be run by one
 * thread.
 *
 * <p>Retries are looked for when this instance knows of one, and once a second for those of others.
 *
 * <p>A deadline is the row's own column, which never changes, rather than a due time that each step
 * would have to write and clear: nearly every saga ends before it. So deadlines are looked at in
 * windows of time, each twice, since a row that is locked at the first look may need the second;
 * and all of them at the start and once an hour. That finds those that passed while no instance was
 * there, and those of an instance whose clock is behind. A batch that commits after the deadline of
 * what it executed says so itself.
 */
public final class Timers implements Runnable, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Timers.class);

  /** Few, so that what handlers lock is locked for a short time only. */
  private static final int ROWS = 100;

  /** Batches in one go before the other kind of work is looked at. */
  private static final int BATCHES = 20;

  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration WINDOW = Duration.ofSeconds(5);
  private static final Duration EVERYTHING = Duration.ofHours(1);

  private final Intake intake;
  private final DueTimes dueTimes;
  private final Clock clock;
  private Instant windowBefore = Instant.EPOCH;
  private Instant window = Instant.EPOCH;
  private Instant everything = Instant.EPOCH;
  private volatile @Nullable String trouble;

  /**
   * Timers of one instance.
   *
   * @param intake theirs alone
   * @param dueTimes what this instance knows
   * @param clock tells when a deadline has passed
   */
  public Timers(Intake intake, DueTimes dueTimes, Clock clock) {
    this.intake = intake;
    this.dueTimes = dueTimes;
    this.clock = clock;
  }

  /** What keeps them from working, or null. */
  public @Nullable String trouble() {
    return trouble;
  }

  @Override
  public void run() {
    Duration pause = TICK;
    try {
      while (dueTimes.await(pause)) {
        try {
          pause = tick() ? Duration.ZERO : TICK;
          trouble = null;
        } catch (Trouble e) {
          pause = TICK;
          if (trouble == null) {
            LOG.warn("outcome=waiting: timers try again: {}", e.getMessage());
          }
          trouble = "timers: " + e.getMessage();
        } catch (RuntimeException e) {
          // Timers that stop would leave retries and deadlines waiting; the next round may succeed.
          pause = TICK;
          trouble = "timers: " + e;
          LOG.error("timers failed and try again", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (trouble == null) {
        trouble = "timers: stopped";
      }
    }
  }

  /**
   * Takes up what is due now.
   *
   * @return whether there is more than was taken up
   * @throws Trouble if some of it could not be taken up
   */
  public boolean tick() {
    Trouble failed = null;
    boolean more = false;
    try {
      more = takeUpLate();
    } catch (Trouble e) {
      failed = e;
    }
    more |= takeUpAll(() -> intake.wakeDue(ROWS));
    if (failed != null) {
      throw failed;
    }
    return more;
  }

  private boolean takeUpLate() {
    Instant now = clock.instant();
    Instant late = dueTimes.takeLate();
    if (late != null && late.isBefore(windowBefore)) {
      windowBefore = late.minusMillis(1);
    }
    boolean all = !now.isBefore(everything.plus(EVERYTHING)) || now.isBefore(window);
    if (!all && now.isBefore(window.plus(WINDOW))) {
      return false;
    }
    Instant after = all ? Instant.EPOCH : windowBefore;
    if (takeUpAll(() -> intake.wakeLate(after, now, ROWS))) {
      return true;
    }
    windowBefore = all ? now.minus(EVERYTHING) : window;
    window = now;
    everything = all ? now : everything;
    return false;
  }

  private static boolean takeUpAll(Batch batch) {
    for (int i = 0; i < BATCHES; i++) {
      if (batch.takeUp() < ROWS) {
        return false;
      }
    }
    return true;
  }

  /** Ends {@link #run} after the batch that is under way. */
  @Override
  public void close() {
    dueTimes.close();
  }

  /** Takes up so many rows. */
  @FunctionalInterface
  private interface Batch {
    int takeUp();
  }
}
