// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Rows as one array a column, so that a statement takes any number of them.
 *
 * @param connection makes the arrays
 * @param rows the rows
 */
record Columns<T>(Connection connection, Collection<T> rows) {

  Array text(Function<T, @Nullable String> column) throws SQLException {
    return array("text", column);
  }

  Array numbers(Function<T, @Nullable Long> column) throws SQLException {
    return array("bigint", column);
  }

  /** Times are given as text: PostgreSQL reads ISO-8601. */
  Array times(Function<T, java.time.@Nullable Instant> column) throws SQLException {
    return array("text", row -> column.apply(row) == null ? null : column.apply(row).toString());
  }

  Array bytes(Function<T, byte @Nullable []> column) throws SQLException {
    byte[][] values = new byte[rows.size()][];
    int i = 0;
    for (T row : rows) {
      values[i++] = column.apply(row);
    }
    return connection.createArrayOf("bytea", values);
  }

  private Array array(String type, Function<T, ?> column) throws SQLException {
    return connection.createArrayOf(type, rows.stream().map(column).toArray());
  }
}
