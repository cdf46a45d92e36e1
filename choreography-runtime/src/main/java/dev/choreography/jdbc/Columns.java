// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.HeaderTime;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Rows as one array a column, so that a statement takes any number of them. The arrays are typed:
 * the driver sends those of objects as text. A column of nulls is an empty array, which {@code
 * unnest} fills up with nulls.
 *
 * @param connection makes the arrays
 * @param rows the rows
 */
record Columns<T>(Connection connection, Collection<T> rows) {

  Array text(Function<T, @Nullable String> column) throws SQLException {
    return array("text", new String[rows.size()], column);
  }

  Array numbers(Function<T, Long> column) throws SQLException {
    return array("bigint", new Long[rows.size()], column);
  }

  /** Times are given as text: PostgreSQL reads ISO-8601. */
  Array times(Function<T, @Nullable Instant> column) throws SQLException {
    return text(
        row -> {
          Instant time = column.apply(row);
          return time == null ? null : HeaderTime.format(time);
        });
  }

  Array bytes(Function<T, byte @Nullable []> column) throws SQLException {
    return array("bytea", new byte[rows.size()][], column);
  }

  private <V extends @Nullable Object> Array array(String type, V[] values, Function<T, V> column)
      throws SQLException {
    int i = 0;
    boolean empty = true;
    for (T row : rows) {
      V value = column.apply(row);
      values[i++] = value;
      empty &= value == null;
    }
    return connection.createArrayOf(type, empty ? Arrays.copyOf(values, 0) : values);
  }
}
