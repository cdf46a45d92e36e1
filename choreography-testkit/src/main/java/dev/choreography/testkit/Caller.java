// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.engine.OutboxRow;
import dev.choreography.testkit.Happening.Kind;
import java.time.Duration;
import java.util.List;

/**
 * A transaction of an application's that starts a saga: its row has an id at once, and is seen when
 * it has committed, after rows with higher ids.
 */
final class Caller {

  private static final long PAUSE_MS = 1_000;

  private final Round round;
  private final Group group;
  private final Saga saga;
  private final MemoryJournal.Call call;
  private final Node instance;
  private final int life;
  private final int restores;

  Caller(Round round, Group group, Saga saga, MemoryJournal.Call call, Node instance) {
    this.round = round;
    this.group = group;
    this.saga = saga;
    this.call = call;
    this.instance = instance;
    this.life = instance.life();
    this.restores = group.restores();
  }

  /** Tells the saga that the transaction stays open. */
  void opened(long ms) {
    tell("a caller's transaction is open for " + Duration.ofMillis(ms));
  }

  /**
   * Ends the transaction: commits it and publishes its row, or leaves that to the sweep; or rolls
   * it back, as the database does when its process has died.
   *
   * @param how from 0 to 1, tells which
   * @param rolledBack called if it did not commit
   */
  void end(double how, Runnable rolledBack) {
    if (instance.isFrozen() && instance.life() == life) {
      round.later(PAUSE_MS, () -> end(how, rolledBack));
    } else if (how < 0.2 || instance.life() != life || group.restores() != restores) {
      tell("the caller's transaction is rolled back");
      rolledBack.run();
    } else {
      call.commit();
      OutboxRow row = call.row();
      group.pending().appended(List.of(row));
      saga.happened(
          round.clock().instant(), group.name(), Kind.ASKED, row.event().topic(), "by a caller");
      if (how > 0.6) {
        instance.publish(row);
      }
    }
  }

  private void tell(String what) {
    saga.happened(
        new Happening(
            round.clock().instant(), group.name(), Kind.FAULT, what, null, 0, instance.number()));
  }
}
