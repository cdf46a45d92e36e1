// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is left when no batch comes by: published rows are forgotten after a second of quiet, and
 * events that were committed and not published, because a relay died or the broker was away, are
 * published. To be run once a second, by one thread.
 */
public final class Housekeeping implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);
  private static final int SWEEP_ROWS = 500;

  private final Journal journal;
  private final Relay relay;
  private final Published published;
  private final LongSupplier batches;
  private long batchesBefore;
  private boolean inTrouble;

  /**
   * Housekeeping of one instance.
   *
   * @param batches how many this instance has committed so far
   */
  public Housekeeping(Journal journal, Relay relay, Published published, LongSupplier batches) {
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
      int swept;
      do {
        swept = journal.sweep(relay, SWEEP_ROWS);
        if (swept > 0) {
          LOG.info("outcome=swept: {} events that had not been published", swept);
        }
      } while (swept == SWEEP_ROWS && !Thread.currentThread().isInterrupted());
      inTrouble = false;
    } catch (Trouble trouble) {
      if (!inTrouble) {
        LOG.warn("outcome=waiting: housekeeping tries again: {}", trouble.getMessage());
      }
      inTrouble = true;
    } catch (RuntimeException e) {
      // The executor would never run it again; the next round may succeed.
      LOG.error("housekeeping failed and tries again", e);
    }
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
