// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Journal;

/** A journal that never hurries: each try of a handler is one call, which tests can count. */
public final class CarefulJournal extends ForwardingJournal {

  /** Around another. */
  public CarefulJournal(Journal journal) {
    super(journal);
  }

  @Override
  public Transaction begin(Scope scope) {
    return super.begin(scope == Scope.SWIFT ? Scope.BATCH : scope);
  }
}
