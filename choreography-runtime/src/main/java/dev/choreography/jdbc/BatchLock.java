// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Journal.Scope;
import dev.choreography.engine.Trouble;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/**
 * The begin of a transaction, in one round trip: its isolation, the advisory lock that batches
 * share and that a batch which runs alone holds exclusively, and a limit on how long the
 * transaction may be idle.
 *
 * <p>The lock is waited for during a second at most. PostgreSQL grants a lock only if it conflicts
 * neither with a lock that is held nor with a request that waits ({@code
 * src/backend/storage/lmgr/README}, "Lock acquisition ... follows these rules", rules 1 and 2), so
 * while one transaction waits for the exclusive lock, all requests for the shared one queue up
 * behind it. All requests have the same limit: one that queues behind an exclusive one came later,
 * and outlasts it.
 */
final class BatchLock {

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

  /** Time for the framework's own work between two statements, and for pauses of the machine. */
  private static final Duration MARGIN = Duration.ofSeconds(10);

  /**
   * Whatever the defaults of the pool, the role and the database are. Allowed before the first
   * query of a transaction alone, hence a statement of its own.
   */
  static final String ISOLATION = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE";

  private static final String KEY =
      "hashtextextended(current_schema() || '.choreography_journal', 0)";

  private static final String SHARED = "pg_advisory_xact_lock_shared(" + KEY + ")";
  private static final String EXCLUSIVE = "pg_advisory_xact_lock(" + KEY + ")";

  /**
   * The limit holds for the lock alone and is then what it was. Subqueries with an OFFSET are
   * computed from the inside out, and functions that are volatile are computed also where nobody
   * asks for them.
   */
  private static final String LOCK =
      ISOLATION
          + """
          ;
          SELECT pg_backend_pid(), clock_timestamp(), set_config('lock_timeout', before, true)
            FROM (SELECT before, %s
                    FROM (SELECT before,
                                 set_config('lock_timeout', '%s', true),
                                 set_config('idle_in_transaction_session_timeout', '%s', true)
                            FROM (SELECT current_setting('lock_timeout') AS before OFFSET 0) AS found
                          OFFSET 0) AS limited
                  OFFSET 0) AS locked
          """;

  private static final String NO_LOCK =
      ISOLATION
          + "; SELECT pg_backend_pid(), clock_timestamp(), set_config('idle_in_transaction_session_timeout', '%s', true)";

  /** No lock within {@code lock_timeout}, or within a shorter {@code statement_timeout}. */
  private static final Set<String> NOT_TO_BE_HAD = Set.of("55P03", "57014");

  private final String shared;
  private final String alone;
  private final String unlocked;
  private final Duration idle;

  /**
   * The begin of transactions.
   *
   * @param longestCall how long a call of a handler may take
   */
  BatchLock(Duration longestCall) {
    this(longestCall, MARGIN);
  }

  BatchLock(Duration longestCall, Duration margin) {
    this.idle = longestCall.multipliedBy(2).plus(margin);
    this.shared = LOCK.formatted(SHARED, LONGEST_WAIT.toMillis(), idle.toMillis());
    this.alone = LOCK.formatted(EXCLUSIVE, LONGEST_WAIT.toMillis(), idle.toMillis());
    this.unlocked = NO_LOCK.formatted(idle.toMillis());
  }

  /**
   * Returns how long the database lets a transaction be idle. An instance that vanishes in
   * mid-transaction must not keep its locks until TCP notices, which takes hours.
   */
  Duration idle() {
    return idle;
  }

  /**
   * The facts that a transaction begins with.
   *
   * @param backend the database's process
   * @param began by the database's clock, just now
   */
  record Begun(int backend, Instant began) {}

  /**
   * Begins.
   *
   * @throws Trouble of the kind LOCKED if the lock was not to be had, of the kind AWAY otherwise
   */
  Begun begin(Connection connection, Scope scope) {
    String sql =
        switch (scope) {
          case SWIFT, BATCH -> shared;
          case BATCH_ALONE -> alone;
          case SAGA -> unlocked;
        };
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      boolean hasRows = statement.execute();
      while (!hasRows) {
        hasRows = statement.getMoreResults();
      }
      try (ResultSet begun = statement.getResultSet()) {
        begun.next();
        return new Begun(begun.getInt(1), begun.getTimestamp(2).toInstant());
      }
    } catch (SQLException e) {
      boolean locked = scope != Scope.SAGA && NOT_TO_BE_HAD.contains(e.getSQLState());
      throw SqlTrouble.of(
          "beginning a transaction", e, locked ? Trouble.Kind.LOCKED : Trouble.Kind.AWAY);
    }
  }
}
