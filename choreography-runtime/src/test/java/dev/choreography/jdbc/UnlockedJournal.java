// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Journal;
import dev.choreography.engine.JournalRow;
import dev.choreography.engine.RowKey;
import java.util.Set;
import java.util.SortedMap;

/** The mistake to be found: a journal that reads its rows and holds no lock on them. */
final class UnlockedJournal extends ForwardingJournal {

  UnlockedJournal(Journal journal) {
    super(journal);
  }

  @Override
  public Transaction begin(Scope scope) {
    return new ForwardingTransaction(super.begin(scope)) {
      @Override
      public SortedMap<RowKey, JournalRow> lock(
          SortedMap<RowKey, JournalRow> wanted, Set<RowKey> likelyNew) {
        try (Transaction ended = UnlockedJournal.super.begin(Scope.BATCH)) {
          SortedMap<RowKey, JournalRow> rows = ended.lock(wanted, likelyNew);
          ended.commit();
          return rows;
        }
      }
    };
  }
}
