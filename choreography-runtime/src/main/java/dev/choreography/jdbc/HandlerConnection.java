// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The connection that handlers are given: theirs to use, not to end. */
final class HandlerConnection {

  private static final Set<String> REFUSED =
      Set.of(
          "commit",
          "close",
          "abort",
          "setAutoCommit",
          "setTransactionIsolation",
          "setReadOnly",
          "setSchema",
          "setCatalog");

  private static final Set<String> TAKES_SQL =
      Set.of(
          "prepareStatement",
          "prepareCall",
          "execute",
          "executeQuery",
          "executeUpdate",
          "executeLargeUpdate",
          "addBatch");

  /** What ends a transaction, said in SQL; undoing to a savepoint of the handler's own does not. */
  private static final Pattern ENDING =
      Pattern.compile(
          "\\s*(COMMIT|END|ABORT|BEGIN|START\\s+TRANSACTION|PREPARE\\s+TRANSACTION|ROLLBACK(?!.*\\bTO\\b))\\b",
          Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

  private HandlerConnection() {}

  static Connection around(Connection connection) {
    return proxy(
        Connection.class,
        (proxy, method, arguments) -> {
          boolean rollback = method.getName().equals("rollback") && arguments == null;
          if (rollback || REFUSED.contains(method.getName())) {
            throw refused(method.getName());
          }
          refuseEnding(method, arguments);
          return guarded((Connection) proxy, invoke(connection, method, arguments));
        });
  }

  /** What leads back to its connection leads to the one that refuses. */
  private static @Nullable Object guarded(Connection guard, @Nullable Object made) {
    if (made instanceof CallableStatement) {
      return leadingTo(guard, CallableStatement.class, made);
    }
    if (made instanceof PreparedStatement) {
      return leadingTo(guard, PreparedStatement.class, made);
    }
    if (made instanceof Statement) {
      return leadingTo(guard, Statement.class, made);
    }
    if (made instanceof DatabaseMetaData) {
      return leadingTo(guard, DatabaseMetaData.class, made);
    }
    return made;
  }

  private static <T> T leadingTo(Connection guard, Class<T> type, Object made) {
    return proxy(
        type,
        (proxy, method, arguments) -> {
          if (method.getName().equals("getConnection")) {
            return guard;
          }
          refuseEnding(method, arguments);
          return invoke(made, method, arguments);
        });
  }

  private static void refuseEnding(Method method, Object @Nullable [] arguments)
      throws SQLException {
    if (arguments != null
        && arguments.length > 0
        && arguments[0] instanceof String sql
        && TAKES_SQL.contains(method.getName())
        && ENDING.matcher(sql).lookingAt()) {
      throw refused(sql.strip());
    }
  }

  private static SQLException refused(String what) {
    return new SQLException(
        "a handler called %s: the transaction holds the journal, the outbox and other sagas; return Outcome.rejected or throw to undo what this call wrote"
            .formatted(what));
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            HandlerConnection.class.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private static @Nullable Object invoke(Object to, Method method, Object @Nullable [] arguments)
      throws Throwable {
    try {
      return method.invoke(to, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }
}
