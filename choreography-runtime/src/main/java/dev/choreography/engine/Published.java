// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The outbox rows that the broker has and the database still holds: they leave with the next batch,
 * or alone when it is quiet. Losing them costs duplicates, which change nothing.
 */
public final class Published {

  private final Queue<Long> ids = new ConcurrentLinkedQueue<>();

  /** One more row. */
  public void add(long id) {
    ids.add(id);
  }

  /** All rows so far, sorted, which the caller now forgets or puts back. */
  public List<Long> take() {
    List<Long> taken = new ArrayList<>();
    for (Long id = ids.poll(); id != null; id = ids.poll()) {
      taken.add(id);
    }
    taken.sort(null);
    return taken;
  }

  /** Rows that could not be forgotten. */
  public void putBack(Collection<Long> taken) {
    ids.addAll(taken);
  }
}
