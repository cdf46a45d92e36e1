// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Counts what the framework sends through a data source. The business' own statements, which name
 * its table, are not counted; what the framework sends to be able to undo them is.
 */
final class CountedStatements {

  private static final Set<String> TO_BE_ABLE_TO_UNDO = Set.of("setSavepoint", "releaseSavepoint");
  private static final String BUSINESS = "tally";

  private final LongAdder statements = new LongAdder();
  private final LongAdder commits = new LongAdder();

  /** What has been counted until now. */
  Counts now() {
    return new Counts(statements.sum(), commits.sum());
  }

  /** How many of each. */
  record Counts(long statements, long commits) {
    Counts minus(Counts before) {
      return new Counts(statements - before.statements, commits - before.commits);
    }
  }

  /** The same data source, looked at. */
  DataSource in(DataSource source) {
    return proxy(
        DataSource.class,
        (proxy, method, arguments) -> {
          Object made = invoke(source, method, arguments);
          return made instanceof Connection connection ? in(connection) : made;
        });
  }

  private Connection in(Connection connection) {
    return proxy(
        Connection.class,
        (proxy, method, arguments) -> {
          String name = method.getName();
          if (name.equals("commit")) {
            commits.increment();
          } else if (TO_BE_ABLE_TO_UNDO.contains(name)
              || (name.equals("rollback") && arguments != null)) {
            statements.increment();
          }
          Object made = invoke(connection, method, arguments);
          if (made instanceof PreparedStatement prepared) {
            boolean business = arguments != null && arguments[0].toString().contains(BUSINESS);
            return business ? made : in(PreparedStatement.class, prepared);
          }
          return made instanceof Statement statement ? in(Statement.class, statement) : made;
        });
  }

  private <T extends Statement> T in(Class<T> type, T statement) {
    return proxy(
        type,
        (proxy, method, arguments) -> {
          if (method.getName().startsWith("execute")) {
            statements.increment();
          }
          return invoke(statement, method, arguments);
        });
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            CountedStatements.class.getClassLoader(), new Class<?>[] {type}, handler));
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
