// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.function.Function;

/** Columns of many rows as arrays, so that a batch handler needs one statement for all of them. */
public final class SqlArrays {

  private SqlArrays() {}

  /** These texts, in their order. */
  public static Array text(Connection connection, Collection<String> values) throws SQLException {
    // Typed: the driver sends arrays of objects in a slower form.
    return connection.createArrayOf("text", values.toArray(String[]::new));
  }

  /** What the column of each row is, in their order. */
  public static <T> Array text(
      Connection connection, Collection<T> rows, Function<T, String> column) throws SQLException {
    return text(connection, rows.stream().map(column).toList());
  }

  /** These numbers, in their order. */
  public static Array integers(Connection connection, Collection<Integer> values)
      throws SQLException {
    return connection.createArrayOf("integer", values.toArray(Integer[]::new));
  }
}
