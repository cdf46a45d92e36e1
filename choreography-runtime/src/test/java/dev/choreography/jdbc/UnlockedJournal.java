// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Journal;
import dev.choreography.engine.JournalRow;
import dev.choreography.engine.Relay;
import dev.choreography.engine.RowKey;
import java.util.Collection;
import java.util.SortedMap;

/** The mistake to be found: a journal that reads its rows and holds no lock on them. */
record UnlockedJournal(Journal journal) implements Journal {

  @Override
  public Transaction begin(boolean alone) {
    return new ForwardingTransaction(journal.begin(alone)) {
      @Override
      public SortedMap<RowKey, JournalRow> lock(SortedMap<RowKey, JournalRow> wanted) {
        try (Transaction ended = journal.begin(false)) {
          SortedMap<RowKey, JournalRow> rows = ended.lock(wanted);
          ended.commit();
          return rows;
        }
      }
    };
  }

  @Override
  public int sweep(Relay relay, int limit) {
    return journal.sweep(relay, limit);
  }

  @Override
  public void forget(Collection<Long> published) {
    journal.forget(published);
  }
}
