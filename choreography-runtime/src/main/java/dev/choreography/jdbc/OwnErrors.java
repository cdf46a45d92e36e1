// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The exceptions that the transaction's own connection threw during one call of a handler. A
 * handler may use other databases and services, whose exceptions look alike: they say something
 * about the handler, and nothing about the transaction.
 */
final class OwnErrors {

  /** Enough to tell; a handler may meet, and swallow, any number. */
  private static final int MOST = 100;

  private final List<SQLException> errors = new CopyOnWriteArrayList<>();

  void clear() {
    if (!errors.isEmpty()) {
      errors.clear();
    }
  }

  void add(SQLException error) {
    if (errors.size() < MOST) {
      errors.add(error);
    }
  }

  boolean isEmpty() {
    return errors.isEmpty();
  }

  /** Returns one that is trouble of the infrastructure, or null. */
  @Nullable SQLException infrastructure() {
    return errors.stream().filter(SqlTrouble::is).findFirst().orElse(null);
  }

  /** Returns one among these that is trouble of the infrastructure, or null. */
  @Nullable SQLException infrastructureAmong(Collection<Throwable> causes) {
    return errors.stream()
        .filter(error -> causes.stream().anyMatch(cause -> cause == error) && SqlTrouble.is(error))
        .findFirst()
        .orElse(null);
  }
}
