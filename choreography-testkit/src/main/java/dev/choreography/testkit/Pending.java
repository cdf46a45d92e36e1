// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.engine.JournalRow;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.RowKey;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a participant's database waits with, so that a round knows when there is something to do
 * without looking all the time. It decides only when timers and housekeeping look, never what they
 * find.
 */
final class Pending {

  private final Map<RowKey, Instant> due = new HashMap<>();
  private final Map<RowKey, Instant> undecided = new HashMap<>();
  private final Set<OutboxId> outbox = new HashSet<>();
  private Instant firstUndecided = Instant.MAX;

  /** A copy of it all. */
  record Copy(Map<RowKey, Instant> due, Map<RowKey, Instant> undecided, Instant firstUndecided) {}

  Copy copy() {
    return new Copy(Map.copyOf(due), Map.copyOf(undecided), firstUndecided);
  }

  /** Has what a copy of it has, and these rows in the outbox. */
  void restore(Copy copy, Set<OutboxId> unpublished) {
    due.clear();
    due.putAll(copy.due);
    undecided.clear();
    undecided.putAll(copy.undecided);
    outbox.clear();
    outbox.addAll(unpublished);
    firstUndecided = copy.firstUndecided;
  }

  void saved(Collection<JournalRow> rows) {
    for (JournalRow row : rows) {
      Instant time = row.due();
      if (time != null) {
        due.put(row.key(), time);
      } else if (!due.isEmpty()) {
        due.remove(row.key());
      }
      if (MemoryJournal.isUndecided(row)) {
        undecided.put(row.key(), row.deadline());
        if (row.deadline().isBefore(firstUndecided)) {
          firstUndecided = row.deadline();
        }
      } else {
        undecided.remove(row.key());
      }
    }
  }

  void appended(List<OutboxRow> rows) {
    for (OutboxRow row : rows) {
      outbox.add(row.id());
    }
  }

  void forgotten(Collection<OutboxId> ids) {
    ids.forEach(outbox::remove);
  }

  boolean hasOutbox() {
    return !outbox.isEmpty();
  }

  /** When the first retry is due. */
  long nextRetry() {
    if (due.isEmpty()) {
      return Agenda.NEVER;
    }
    Instant first = Instant.MAX;
    for (Instant time : due.values()) {
      first = time.isBefore(first) ? time : first;
    }
    // Times are in finer grains than the clock's.
    return first.toEpochMilli() + 1;
  }

  /** When the first deadline passes of a step that was executed, at or before now or later. */
  long nextDeadline(Instant now) {
    if (!firstUndecided.isAfter(now)) {
      firstUndecided = Instant.MAX;
      for (Instant time : undecided.values()) {
        firstUndecided = time.isBefore(firstUndecided) ? time : firstUndecided;
      }
    }
    return undecided.isEmpty() ? Agenda.NEVER : firstUndecided.toEpochMilli() + 1;
  }
}
