// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is left when no batch comes by: published rows are forgotten in quiet, events that were
 * committed and not published, because a relay died or the broker was away, are published, and
 * journal rows leave when their time has come. To be run every two seconds, by one thread.
 */
public final class Housekeeping implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
  private static final int SWEEP_ROWS = 500;

  /** A sweep that takes longer goes on in the next round. */
  private static final Duration ROUND = Duration.ofSeconds(10);

  /** Few, so that the locks are held for a short time only. */
  private static final int PURGE_ROWS = 500;

  /**
   * In one round, which makes 5,000 rows a second: more than a participant makes, day and night.
   */
  private static final int PURGES = 20;

  private final Journal journal;
  private final Relay relay;
  private final Published published;
  private final LongSupplier batches;
  private final Retention retention;
  private final LongSupplier nanos;
  private final SweepPace pace;
  private long sweptUpTo;
  private long batchesBefore;
  private volatile @Nullable String trouble;

  /**
   * Housekeeping of one instance.
   *
   * @param batches how many this instance has committed so far
   * @param nanos the time by which sweeps are spread, as by {@link System#nanoTime}
   */
  public Housekeeping(
      Journal journal,
      Relay relay,
      Published published,
      LongSupplier batches,
      Retention retention,
      LongSupplier nanos) {
    this.retention = retention;
    this.nanos = nanos;
    this.pace = new SweepPace(nanos);
    this.journal = journal;
    this.relay = relay;
    this.published = published;
    this.batches = batches;
  }

  @Override
  public void run() {
    try {
      long batchesNow = batches.getAsLong();
      if (batchesNow == batchesBefore) {
        forget();
      }
      batchesBefore = batchesNow;
      sweep();
      purge();
      trouble = null;
    } catch (Trouble e) {
      if (trouble == null) {
        LOG.warn("outcome=waiting: housekeeping tries again: {}", e.getMessage());
      }
      trouble = "housekeeping: " + e.getMessage();
    } catch (RuntimeException e) {
      // The executor would never run it again; the next round may succeed.
      trouble = "housekeeping: " + e;
      LOG.error("housekeeping failed and tries again", e);
    } catch (Error e) {
      trouble = "housekeeping: stopped by an error: " + e;
      throw e;
    }
  }

  /**
   * Looks at the whole outbox from its first row on, page by page, so that what the broker refuses
   * holds up nothing behind it. Only the place in a sweep that is under way is kept, never one
   * below which a later sweep need not look: see docs/decisions/0005-a-sweep-skips-nothing.md.
   */
  private void sweep() {
    if (!pace.isDue()) {
      return;
    }
    long until = nanos.getAsLong() + ROUND.toNanos();
    long after = sweptUpTo;
    sweptUpTo = 0;
    Journal.Swept swept;
    do {
      swept = journal.sweep(relay, published, after, SWEEP_ROWS);
      pace.swept(swept);
      after = swept.last();
      if (swept.published() > 0) {
        LOG.info("outcome=swept: {} events that had not been published", swept.published());
      }
    } while (swept.more()
        && nanos.getAsLong() - until < 0
        && !Thread.currentThread().isInterrupted());
    sweptUpTo = swept.more() ? after : 0;
  }

  private void purge() {
    Instant horizon = retention.horizon();
    for (int i = 0; horizon != null && i < PURGES; i++) {
      if (journal.purge(horizon, PURGE_ROWS) < PURGE_ROWS) {
        return;
      }
    }
  }

  /** What keeps it from working, or null. */
  public @Nullable String trouble() {
    return trouble;
  }

  /** Forgets what is published, at once. */
  public void forget() {
    List<OutboxId> ids = published.take();
    if (ids.isEmpty()) {
      return;
    }
    try {
      journal.forget(ids);
    } catch (Trouble trouble) {
      published.putBack(ids);
      throw trouble;
    }
  }
}
