// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What to do to be where a transaction began. Nothing is kept while there is none. */
final class Undo {

  private final List<Runnable> log = new ArrayList<>();
  private boolean open;

  void begin() {
    if (open) {
      throw new IllegalStateException("two transactions at once, in a simulation of one thread");
    }
    open = true;
  }

  /**
   * Has others' transactions happen in the middle of one that has changed nothing yet.
   *
   * @throws IllegalStateException if it has
   */
  void meanwhile(Runnable others) {
    if (!log.isEmpty()) {
      throw new IllegalStateException("what is changed is locked, nobody else can go on");
    }
    open = false;
    others.run();
    begin();
  }

  /** How to take back what is about to be done. */
  void add(Runnable inverse) {
    if (open) {
      log.add(inverse);
    }
  }

  /** How far the transaction has come. */
  int mark() {
    return log.size();
  }

  /** Takes back what was done since a mark. */
  void to(int mark) {
    for (int i = log.size() - 1; i >= mark; i--) {
      log.remove(i).run();
    }
  }

  /**
   * Keeps what was done.
   *
   * @param backup told how to undo it later, null where that is not needed
   */
  void commit(@Nullable Backup backup) {
    if (backup != null) {
      backup.undoes(log);
    }
    log.clear();
    open = false;
  }

  void rollback() {
    to(0);
    open = false;
  }
}
