// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Up to which id the outbox has no row and never will, so that a sweep need not begin at the first.
 * Where somebody holds a snapshot for long, whatever was deleted meanwhile still lies there, and
 * each sweep would pass it all.
 *
 * <p>Rows become visible in another order than that of their ids. So what is below an id is looked
 * at only when each transaction that wrote before it was given has ended. One glance a sweep; the
 * third finds what the first saw settled. Used by one thread at a time.
 */
final class SweepFloor {

  private static final String GLANCE =
      """
      SELECT last_value, pg_postmaster_start_time()::text,
             pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
             pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        FROM choreography_outbox_id_seq
      """;

  private static final String LOWEST =
      "SELECT id FROM choreography_outbox WHERE id > ? AND id <= ? ORDER BY id LIMIT 1";

  private static final long UNKNOWN = -1;

  private String server = "";
  private long id;
  private long candidate = UNKNOWN;
  private long nextTransaction = UNKNOWN;

  /** No row has this id or one below it. */
  long id() {
    return id;
  }

  /** Raises it where that can be done; to be called once a sweep, in any transaction. */
  void raise(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet glance = statement.executeQuery(GLANCE)) {
      glance.next();
      String running = glance.getString(2);
      if (!running.equals(server)) {
        // Or another, or one that was restored: it may give ids anew.
        server = running;
        id = 0;
        candidate = UNKNOWN;
      }
      if (candidate == UNKNOWN) {
        candidate = glance.getLong(1);
        nextTransaction = UNKNOWN;
      } else if (nextTransaction == UNKNOWN) {
        // Asked later than the id: that is given before its transaction has a number.
        nextTransaction = glance.getLong(4);
      } else if (glance.getLong(3) >= nextTransaction) {
        id = lowest(connection) - 1;
        candidate = UNKNOWN;
      }
    }
  }

  private long lowest(Connection connection) throws SQLException {
    if (candidate <= id) {
      return id + 1;
    }
    try (PreparedStatement statement = connection.prepareStatement(LOWEST)) {
      statement.setLong(1, id);
      statement.setLong(2, candidate);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getLong(1) : candidate + 1;
      }
    }
  }
}
