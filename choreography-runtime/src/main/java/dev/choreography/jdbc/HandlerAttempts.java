// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.HandlerFailure;
import dev.choreography.engine.Journal;
import dev.choreography.engine.Journal.Scope;
import dev.choreography.engine.TooSwiftException;
import dev.choreography.engine.Trouble;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The calls of handlers within one transaction: what they wrote is undone where they failed, and
 * what they threw is told apart, as the infrastructure's trouble or as their own failure.
 */
final class HandlerAttempts {

  private static final String SAVE_POINT = "SAVEPOINT choreography_attempt";

  /**
   * In one round trip: the work of the attempt before stands, and that of the next can be undone.
   */
  private static final String NEXT_SAVE_POINT =
      "RELEASE SAVEPOINT choreography_attempt; " + SAVE_POINT;

  private static final String UNDO = "ROLLBACK TO SAVEPOINT choreography_attempt";

  private static final String PROBE = "SELECT 1";

  private final Connection connection;
  private final HandlerConnection handed;
  private final Scope scope;
  private boolean saved;
  private boolean used;

  HandlerAttempts(Connection connection, Scope scope) {
    this.connection = connection;
    this.handed = new HandlerConnection(connection);
    this.scope = scope;
  }

  /** The first use within an attempt is what there is to undo from. */
  Connection connection() {
    if (!used && scope != Scope.SWIFT) {
      try {
        execute(saved ? NEXT_SAVE_POINT : SAVE_POINT);
      } catch (SQLException e) {
        throw SqlTrouble.of("setting a savepoint", e);
      }
      saved = true;
    }
    used = true;
    return handed.guard();
  }

  /** See {@link Journal.Transaction#attempt}. */
  void attempt(Journal.Attempt attempt) throws HandlerFailure {
    used = false;
    handed.begin();
    boolean keep;
    try {
      keep = attempt.run();
      if (used) {
        checkUnbroken();
      }
      if (used && keep) {
        checkDeferred();
        handed.takeBack();
      }
    } catch (Exception | Error e) {
      HandlerFailure failure = failure(e);
      undo();
      throw failure;
    }
    if (scope != Scope.SAGA && handed.isChanged()) {
      throw new Trouble(
          "a handler said SET CONSTRAINTS, which holds for the rest of its transaction",
          new IllegalStateException("it is done again in one of its own"));
    }
    if (!keep) {
      undo();
    }
  }

  /** A handler may have swallowed what ended the transaction. */
  private void checkUnbroken() throws SQLException {
    SQLException swallowed = handed.errors().infrastructure();
    if (swallowed != null && isBroken()) {
      throw swallowed;
    }
  }

  /**
   * What the database would refuse at the commit. Constraints are deferred again afterwards:
   * rolling back takes the setting back, too.
   */
  private void checkDeferred() throws SQLException {
    if (scope == Scope.SAGA) {
      try {
        Savepoint check = connection.setSavepoint();
        execute("SET CONSTRAINTS ALL IMMEDIATE");
        connection.rollback(check);
        connection.releaseSavepoint(check);
      } catch (SQLException e) {
        handed.errors().add(e);
        throw e;
      }
    }
  }

  /**
   * Returns what is to be thrown when the handler's writes are undone.
   *
   * @throws Trouble if it says nothing about the handler
   */
  private HandlerFailure failure(Throwable thrown) {
    if (scope != Scope.SAGA && isOfMachine(thrown)) {
      throw new Trouble("calling a handler among those of other sagas: " + thrown, thrown);
    }
    List<Throwable> causes = SqlTrouble.causes(thrown);
    for (Throwable cause : causes) {
      if (cause instanceof Trouble trouble) {
        throw thrown instanceof Trouble same ? same : trouble(thrown, trouble.kind());
      }
    }
    SQLException own = ownTrouble(thrown, causes);
    if (own == null) {
      return new HandlerFailure(thrown);
    }
    if (scope == Scope.SAGA && SqlTrouble.leavesTransaction(own)) {
      return new HandlerFailure(thrown, true);
    }
    throw trouble(thrown, SqlTrouble.kindOf(own));
  }

  private static Trouble trouble(Throwable thrown, Trouble.Kind kind) {
    return new Trouble("calling a handler: " + thrown.getMessage(), thrown, kind);
  }

  /** Memory that is used up says nothing about the saga that asked last; a stack has one user. */
  private static boolean isOfMachine(Throwable thrown) {
    return thrown instanceof VirtualMachineError && !(thrown instanceof StackOverflowError);
  }

  /**
   * Returns the exception of the transaction's own connection that is the infrastructure's, or
   * null. It need not be among the causes: a handler may have thrown another instead, and some of
   * what the driver throws passes by the connection. Then the transaction is broken.
   */
  private @Nullable SQLException ownTrouble(Throwable thrown, List<Throwable> causes) {
    OwnErrors errors = handed.errors();
    SQLException own = errors.infrastructureAmong(causes);
    if (own != null || !used) {
      return own;
    }
    own = errors.infrastructure();
    if (own == null && errors.isEmpty() && SqlTrouble.is(thrown)) {
      own = new SQLException("not seen by the connection", thrown);
    }
    return own != null && isBroken() ? own : null;
  }

  private boolean isBroken() {
    try {
      execute(PROBE);
      return false;
    } catch (SQLException e) {
      return true;
    }
  }

  private void undo() {
    if (used && scope == Scope.SWIFT) {
      throw new TooSwiftException("what a handler wrote is to be undone");
    }
    if (used) {
      try {
        execute(UNDO);
      } catch (SQLException e) {
        throw SqlTrouble.of("undoing what a handler wrote", e);
      }
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
