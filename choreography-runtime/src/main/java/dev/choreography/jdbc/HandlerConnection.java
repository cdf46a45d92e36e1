// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Set;

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

  private HandlerConnection() {}

  static Connection around(Connection connection) {
    return (Connection)
        Proxy.newProxyInstance(
            HandlerConnection.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) -> {
              boolean rollback = method.getName().equals("rollback") && arguments == null;
              if (rollback || REFUSED.contains(method.getName())) {
                throw new SQLException(
                    "a handler called %s: the transaction holds the journal, the outbox and other sagas; return Outcome.rejected or throw to undo what this call wrote"
                        .formatted(method.getName()));
              }
              try {
                return method.invoke(connection, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause() == null ? e : e.getCause();
              }
            });
  }
}
