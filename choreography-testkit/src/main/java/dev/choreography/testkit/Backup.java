// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.testkit.Happening.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An older state of a participant's database: journal, outbox, sequence, positions and the tables
 * of fakes. The topics do not go back with it.
 */
final class Backup {

  /** All sagas of a round are under way within it. */
  private static final int LATEST_MS = 400;

  /** How much may be lost. */
  private static final int LONGEST_LOSS_MS = 20_000;

  /** How long the participant is without a database. */
  private static final int LONGEST_OUTAGE_MS = 2_000;

  private static final double GOES_ON = 0.5;

  /** Goes back with the database in which it was done. */
  private static final Set<Kind> DONE =
      EnumSet.of(
          Kind.ASKED,
          Kind.EXECUTED,
          Kind.REJECTED,
          Kind.COMPENSATED,
          Kind.CONFIRMED,
          Kind.FAILED,
          Kind.EMITTED);

  private final Group group;
  private final MemoryJournal journal;
  private final MemoryJournal.Copy copy;
  private final Pending.Copy pending;
  private final Map<Saga, Integer> marks = new HashMap<>();
  private final List<Runnable> undo = new ArrayList<>();

  private Backup(Round round, Group group, MemoryJournal journal) {
    this.group = group;
    this.journal = journal;
    this.copy = journal.copy();
    this.pending = group.pending().copy();
    round.sagas().forEach(saga -> marks.put(saga, saga.happenings()));
  }

  /** Plans for a participant's database to be restored, if its lot has it. */
  static void plan(Round round, Group group) {
    Lot lot = group.lot();
    MemoryJournal journal = group.memory();
    double drew = lot.strike(round.faults().restores());
    if (drew < 0 || journal == null) {
      return;
    }
    long taken = lot.below(LATEST_MS);
    long restored = taken + 1 + (long) (Math.pow(lot.draw(), 3) * LONGEST_LOSS_MS);
    round.later(
        taken,
        () -> {
          Backup backup = new Backup(round, group, journal);
          group.keeps(backup);
          round.later(restored - taken, () -> backup.restore(lot));
        });
  }

  /** Notes how to undo what a transaction has written to the tables of fakes. */
  void undoes(List<Runnable> written) {
    undo.addAll(written);
  }

  /** The database is restored, and its participant finds it so, or starts anew with it. */
  private void restore(Lot lot) {
    group.restored();
    group.tellAll(1, "its database is restored");
    journal.restore(copy);
    group.pending().restore(pending, journal.ids());
    for (int i = undo.size() - 1; i >= 0; i--) {
      undo.get(i).run();
    }
    marks.forEach((saga, mark) -> saga.lose(group.name(), DONE, mark));
    for (Node instance : group.instances()) {
      double goesOn = lot.draw();
      long outage = 1L + lot.below(LONGEST_OUTAGE_MS);
      if (goesOn < GOES_ON) {
        instance.pauses(outage);
      } else if (instance.isUp()) {
        instance.leave(outage);
      }
    }
  }
}
