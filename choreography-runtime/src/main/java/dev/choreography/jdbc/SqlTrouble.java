// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Trouble;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells trouble of the infrastructure from other failures, by SQLSTATE. */
public final class SqlTrouble {

  /**
   * Classes of SQLSTATE that say nothing about the work: transaction rollback (deadlock,
   * serialization), connection exception, insufficient resources, operator intervention.
   */
  private static final Set<String> CLASSES = Set.of("40", "08", "53", "57");

  /** System error (I/O) and internal error: the server's, met by a statement. */
  private static final Set<String> OF_SERVER = Set.of("58", "XX");

  /** A serialization failure and a deadlock. */
  private static final Set<String> CONTENTION = Set.of("40001", "40P01");

  /** Data exceptions and limits exceeded: these rows will never be written. */
  private static final Set<String> DATA_CLASSES = Set.of("22", "54");

  /** Wrong role or password, and a database that does not exist. */
  private static final Set<String> REFUSALS = Set.of("28", "3D");

  private static final String LOCK_NOT_AVAILABLE = "55P03";

  /** The server ended a transaction that was idle, or that took too long. */
  private static final Set<String> ENDED = Set.of("25P03", "25P04");

  /**
   * Trouble of one statement: it was cancelled, as for a {@code statement_timeout}, got no lock in
   * time, or met a limit that the database is configured with.
   */
  private static final Set<String> OF_STATEMENT = Set.of("57014", LOCK_NOT_AVAILABLE, "53400");

  /** More than any cause has, so that a circle of causes ends. */
  private static final int DEEPEST = 100;

  private SqlTrouble() {}

  static Trouble of(String tried, SQLException e) {
    return of(tried, e, isOf(DATA_CLASSES, e.getSQLState()) ? Trouble.Kind.DATA : kindOf(e));
  }

  static Trouble of(String tried, SQLException e, Trouble.Kind kind) {
    return new Trouble(
        "%s: SQLSTATE %s, %s".formatted(tried, e.getSQLState(), e.getMessage()), e, kind);
  }

  /** Returns whether other transactions were in the way, as far as that tells trouble apart. */
  static Trouble.Kind kindOf(SQLException thrown) {
    boolean contention =
        causes(thrown).stream()
            .anyMatch(
                cause ->
                    cause instanceof SQLException sql
                        && CONTENTION.contains(String.valueOf(sql.getSQLState())));
    return contention ? Trouble.Kind.CONTENTION : Trouble.Kind.OTHER;
  }

  /** Returns an exception, what caused it, and what caused that. */
  static List<Throwable> causes(Throwable thrown) {
    List<Throwable> causes = new ArrayList<>();
    @Nullable Throwable cause = thrown;
    while (cause != null && causes.size() < DEEPEST) {
      causes.add(cause);
      cause = cause.getCause();
    }
    return causes;
  }

  /** Returns whether an exception, or what caused it, is the infrastructure's. */
  static boolean is(Throwable thrown) {
    return causes(thrown).stream()
        .anyMatch(
            cause ->
                cause instanceof SQLException sql
                    && (isInfrastructure(sql.getSQLState())
                        || isOf(OF_SERVER, sql.getSQLState())
                        || (sql instanceof SQLTransientException && sql.getSQLState() == null)));
  }

  /**
   * Returns whether only a statement met trouble, and what was done before it can still be
   * committed.
   */
  static boolean leavesTransaction(Throwable thrown) {
    for (Throwable cause : causes(thrown)) {
      if (cause instanceof SQLException sql && sql.getSQLState() != null) {
        return OF_STATEMENT.contains(sql.getSQLState()) || isOf(OF_SERVER, sql.getSQLState());
      }
    }
    return false;
  }

  /** Returns whether the database does not answer, or not yet; one that refuses us is there. */
  public static boolean isAway(Throwable thrown) {
    boolean away = false;
    for (Throwable cause : causes(thrown)) {
      if (cause instanceof SQLException sql) {
        if (isOf(REFUSALS, sql.getSQLState())) {
          return false;
        }
        away |= isInfrastructure(sql.getSQLState()) || sql instanceof SQLTransientException;
      }
    }
    return away;
  }

  private static boolean isInfrastructure(@Nullable String state) {
    return isOf(CLASSES, state)
        || LOCK_NOT_AVAILABLE.equals(state)
        || (state != null && ENDED.contains(state));
  }

  private static boolean isOf(Set<String> classes, @Nullable String state) {
    return state != null && state.length() == 5 && classes.contains(state.substring(0, 2));
  }
}
