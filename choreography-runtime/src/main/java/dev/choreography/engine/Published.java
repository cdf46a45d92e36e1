// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The outbox rows that the broker has and the database still holds: they leave with the next batch,
 * or alone when it is quiet. Losing them costs duplicates, which change nothing; keeping them over
 * a restore of the database costs nothing, since an {@link OutboxId} counts only in its own table.
 */
public final class Published {

  private final Queue<OutboxId> ids = new ConcurrentLinkedQueue<>();

  /** One more row. */
  public void add(OutboxId id) {
    ids.add(id);
  }

  /** All rows so far, sorted, which the caller now forgets or puts back. */
  public List<OutboxId> take() {
    List<OutboxId> taken = new ArrayList<>();
    for (OutboxId id = ids.poll(); id != null; id = ids.poll()) {
      taken.add(id);
    }
    taken.sort(null);
    return taken;
  }

  /**
   * The rows of one sweep: those that are acknowledged before it ends are its own to forget, the
   * others are added here.
   */
  public Receipts receipts() {
    return new Receipts();
  }

  /** The acknowledgements of one sweep. Used by several threads. */
  public final class Receipts {

    private final List<OutboxId> acknowledged = new ArrayList<>();
    private boolean ended;

    private Receipts() {}

    /** The broker has this row. */
    public synchronized void add(OutboxId id) {
      if (ended) {
        Published.this.add(id);
      } else {
        acknowledged.add(id);
      }
    }

    /** Ends the sweep. Returns the rows acknowledged in it, sorted. */
    public synchronized List<OutboxId> end() {
      ended = true;
      acknowledged.sort(null);
      return List.copyOf(acknowledged);
    }
  }

  /** Rows that could not be forgotten. */
  public void putBack(Collection<OutboxId> taken) {
    ids.addAll(taken);
  }
}
