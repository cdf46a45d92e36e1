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

  /** Where the broker is away, a part of the outbox takes longer than that. */
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
  private long batchesBefore;
  private volatile @Nullable String trouble;

  /**
   * Housekeeping of one instance.
   *
   * @param batches how many this instance has committed so far
   */
  public Housekeeping(
      Journal journal,
      Relay relay,
      Published published,
      LongSupplier batches,
      Retention retention) {
    this.retention = retention;
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

  /** Goes on behind what the broker refuses, and ends where it does not answer. */
  private void sweep() {
    long until = System.nanoTime() + ROUND.toNanos();
    long after = 0;
    Journal.Swept swept;
    do {
      swept = journal.sweep(relay, after, SWEEP_ROWS);
      after = swept.last();
      if (swept.published() > 0) {
        LOG.info("outcome=swept: {} events that had not been published", swept.published());
      }
    } while (swept.rows() == SWEEP_ROWS
        && System.nanoTime() - until < 0
        && !Thread.currentThread().isInterrupted());
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
    List<Long> ids = published.take();
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
