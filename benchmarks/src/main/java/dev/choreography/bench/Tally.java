// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/**
 * The trivial business: each saga adds one to one of a million rows, so many that those of two
 * threads do not wait for each other: that is the business' affair, and no side's.
 */
final class Tally {

  private static final int ROWS = 1_000_000;

  private static final String[] TABLE = {
    "CREATE TABLE tally (id integer PRIMARY KEY, total bigint NOT NULL) WITH (fillfactor = 50)",
    "INSERT INTO tally SELECT id, 0 FROM generate_series(0, %d) AS id".formatted(ROWS - 1)
  };

  private static final String ADD = "UPDATE tally SET total = total + 1 WHERE id = ?";

  private static final String ADD_ALL =
      """
      UPDATE tally SET total = total + added.times
        FROM (SELECT id, count(*) AS times FROM unnest(?::int[]) AS sagas (id) GROUP BY id) AS added
       WHERE tally.id = added.id
      """;

  /** How many sagas have been counted. */
  static final String TOTAL = "SELECT coalesce(sum(total), 0) FROM tally";

  private Tally() {}

  static String[] table() {
    return TABLE.clone();
  }

  /** For one saga, as a single handler does it. */
  static void add(Connection connection, String sagaId) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(ADD)) {
      statement.setInt(1, row(sagaId));
      statement.executeUpdate();
    }
  }

  /** For many sagas, one statement. */
  static void addAll(Connection connection, List<String> sagaIds) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(ADD_ALL)) {
      Object[] rows = sagaIds.stream().map(Tally::row).toArray();
      statement.setArray(1, connection.createArrayOf("integer", rows));
      statement.executeUpdate();
    }
  }

  private static int row(String sagaId) {
    return Trips.number(sagaId) % ROWS;
  }
}
