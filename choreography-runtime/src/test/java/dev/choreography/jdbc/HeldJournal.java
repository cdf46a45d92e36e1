// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Journal;
import dev.choreography.engine.JournalRow;
import dev.choreography.engine.RowKey;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;

/** A journal whose transactions stop at one place until they are let go on. */
final class HeldJournal extends ForwardingJournal {

  /** Where transactions stop. */
  enum Place {
    AFTER_THE_LOCK,
    BEFORE_THE_COMMIT
  }

  private final Place place;
  private volatile CountDownLatch reached = new CountDownLatch(1);
  private volatile CountDownLatch released = new CountDownLatch(1);

  HeldJournal(Journal journal, Place place) {
    super(journal);
    this.place = place;
  }

  /** Holds the next transaction, after the one before was released. */
  void hold() {
    reached = new CountDownLatch(1);
    released = new CountDownLatch(1);
  }

  /** Returns when a transaction has reached the place. */
  void awaitReached() throws InterruptedException {
    reached.await();
  }

  /** Lets it, and all that follow, go on. */
  void release() {
    released.countDown();
  }

  private void stop(Place at) {
    if (at == place) {
      reached.countDown();
      try {
        released.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException("the test has ended", e);
      }
    }
  }

  @Override
  public Transaction begin(Scope scope) {
    return new ForwardingTransaction(super.begin(scope)) {
      @Override
      public SortedMap<RowKey, JournalRow> lock(
          SortedMap<RowKey, JournalRow> wanted, Set<RowKey> likelyNew) {
        SortedMap<RowKey, JournalRow> rows = super.lock(wanted, likelyNew);
        stop(Place.AFTER_THE_LOCK);
        return rows;
      }

      @Override
      public void commit() {
        stop(Place.BEFORE_THE_COMMIT);
        super.commit();
      }
    };
  }
}
