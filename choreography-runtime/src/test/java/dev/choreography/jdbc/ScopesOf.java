// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Journal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A journal that remembers in which scopes its transactions were begun. */
final class ScopesOf extends ForwardingJournal {

  private final List<Scope> scopes = Collections.synchronizedList(new ArrayList<>());

  ScopesOf(Journal journal) {
    super(journal);
  }

  @Override
  public Transaction begin(Scope scope) {
    scopes.add(scope);
    return super.begin(scope);
  }

  /** Returns the scopes since it was asked last. */
  List<Scope> take() {
    List<Scope> taken = List.copyOf(scopes);
    scopes.clear();
    return taken;
  }
}
