// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** A data source that remembers each statement that is prepared or executed. */
final class RecordingSource {

  private final List<String> statements = Collections.synchronizedList(new ArrayList<>());

  /** All statements so far. */
  List<String> statements() {
    synchronized (statements) {
      return List.copyOf(statements);
    }
  }

  DataSource around(DataSource source) {
    return proxy(
        DataSource.class,
        (proxy, method, arguments) -> {
          Object made = invoke(source, method, arguments);
          return made instanceof Connection connection ? around(connection) : made;
        });
  }

  private Connection around(Connection connection) {
    return proxy(
        Connection.class,
        (proxy, method, arguments) -> {
          record(arguments);
          Object made = invoke(connection, method, arguments);
          return made instanceof Statement statement && method.getName().equals("createStatement")
              ? around(statement)
              : made;
        });
  }

  private Statement around(Statement statement) {
    return proxy(
        Statement.class,
        (proxy, method, arguments) -> {
          record(arguments);
          return invoke(statement, method, arguments);
        });
  }

  private void record(Object @Nullable [] arguments) {
    if (arguments != null && arguments.length > 0 && arguments[0] instanceof String sql) {
      statements.add(sql);
    }
  }

  private static <T> T proxy(Class<T> type, InvocationHandler handler) {
    return type.cast(
        Proxy.newProxyInstance(
            RecordingSource.class.getClassLoader(), new Class<?>[] {type}, handler));
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
