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
 * there. A batch that commits after the deadline of what it executed says so itself.
 *
 * <p>The journal's own clock tells when a deadline has passed; the instance's tells only when to
 * look again. A look goes on in pages of so many rows, whatever their state, so that no statement
 * takes long however many sagas have ended.
 */
public final class Timers implements Runnable, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Timers.class);

  /** Few, so that what handlers lock is locked for a short time only. */
  private static final int ROWS = 100;

  /** Batches in one go before the other kind of work is looked at. */
  private static final int BATCHES = 20;

  /** Of deadlines, in one go before retries are looked at. */
  private static final int PAGES = 20;

  /** Deadlines read by one statement. */
  static final int WINDOW_ROWS = 5_000;

  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration WINDOW = Duration.ofSeconds(5);
  private static final Duration EVERYTHING = Duration.ofHours(1);

  private final Intake intake;
  private final DueTimes dueTimes;
  private final Clock clock;

  /** A look at deadlines that have passed since the last two, and one at all, while under way. */
  private @Nullable Look recent;

  private @Nullable Look all;

  /** Where the next recent look begins, and where the last one ended, by the journal's clock. */
  private Instant from = Instant.MAX;

  private Instant lookedUpTo = Instant.MAX;

  /** When the last ones ended, by this instance's clock. */
  private @Nullable Instant recentAt;

  private @Nullable Instant allAt;
  private volatile @Nullable String trouble;

  /**
   * Timers of one instance.
   *
   * @param intake theirs alone
   * @param dueTimes what this instance knows
   * @param clock tells when to look at deadlines again
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
    if (from.equals(Instant.MAX)) {
      from = intake.window(Instant.EPOCH, 1).now();
      lookedUpTo = from;
    }
    return lookAtRecent() || lookAtAll();
  }

  /** Returns whether it has to go on. */
  private boolean lookAtRecent() {
    lookAgainFrom(dueTimes.takeLate());
    Look look = recent;
    if (look == null) {
      if (!isTime(recentAt, WINDOW)) {
        return false;
      }
      look = new Look(from);
      recent = look;
      from = lookedUpTo;
    }
    if (!look.goOn()) {
      return true;
    }
    recent = null;
    recentAt = clock.instant();
    if (look.after.isBefore(lookedUpTo)) {
      // The journal's clock was set back.
      lookAgainFrom(look.after);
      allAt = null;
    }
    lookedUpTo = look.after;
    look.requireNoTrouble();
    return false;
  }

  /** Returns whether it has to go on. */
  private boolean lookAtAll() {
    Look look = all;
    if (look == null) {
      if (!isTime(allAt, EVERYTHING)) {
        return false;
      }
      look = new Look(Instant.EPOCH);
      all = look;
    }
    if (!look.goOn()) {
      return true;
    }
    all = null;
    allAt = clock.instant();
    // Those that were locked need not wait for the next look at all.
    lookAgainFrom(look.after.minus(EVERYTHING));
    look.requireNoTrouble();
    return false;
  }

  /** The next recent look begins there, or earlier. */
  private void lookAgainFrom(@Nullable Instant deadline) {
    if (deadline != null && !deadline.isAfter(from)) {
      from = deadline.minusMillis(1);
    }
  }

  private boolean isTime(@Nullable Instant last, Duration every) {
    Instant now = clock.instant();
    return last == null || now.isBefore(last) || !now.isBefore(last.plus(every));
  }

  /** One way through the deadlines, up to now. Rows in trouble hold up no others. */
  private final class Look {
    private Instant after;
    private @Nullable Trouble trouble;

    Look(Instant after) {
      this.after = after;
    }

    /** Goes on, for some pages. Returns whether it has got up to now. */
    boolean goOn() {
      for (int page = 0; page < PAGES; page++) {
        Instant begin = after;
        Journal.Window window = intake.window(begin, WINDOW_ROWS);
        try {
          if (window.rows() > 0 && takeUpAll(() -> intake.wakeLate(begin, window.end(), ROWS))) {
            return false;
          }
        } catch (Trouble e) {
          trouble = e;
          lookAgainFrom(begin);
        }
        after = window.end();
        if (window.isLast()) {
          return true;
        }
      }
      return false;
    }

    /** Where there was trouble the next recent look begins at once. */
    void requireNoTrouble() {
      if (trouble != null) {
        recentAt = null;
        throw trouble;
      }
    }
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
