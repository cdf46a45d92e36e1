// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Journal;
import java.time.Clock;
import java.time.Instant;

/**
 * A journal whose database has a clock that tests set. Only deadlines are judged by it: due times
 * are found by the real one.
 */
public final class ClockedJournal extends ForwardingJournal {

  private final Clock clock;

  /** Around another. */
  public ClockedJournal(Journal journal, Clock clock) {
    super(journal);
    this.clock = clock;
  }

  @Override
  public Transaction begin(Scope scope) {
    return new ForwardingTransaction(super.begin(scope)) {
      @Override
      public Instant now() {
        return clock.instant();
      }

      /** All of them at once. */
      @Override
      public Window window(Instant after, int limit) {
        return new Window(1, now(), now());
      }
    };
  }
}
