// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxRow;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** The statements on the outbox's rows, any number of them with one. */
final class Outbox {

  /** The rows are numbered in the order in which they are given. */
  private static final String APPEND =
      """
      INSERT INTO choreography_outbox (topic, saga_id, value, headers)
      SELECT topic, saga_id, value, headers
        FROM unnest(?::text[], ?::text[], ?::bytea[], ?::text[])
             WITH ORDINALITY AS event (topic, saga_id, value, headers, ordinal)
       ORDER BY ordinal
      RETURNING id
      """;

  private static final String FORGET = "DELETE FROM choreography_outbox WHERE id = ANY (?)";

  private static final String FORGET_AND_APPEND = "WITH forgotten AS (" + FORGET + ")\n" + APPEND;

  /**
   * All that is committed and older than the time that its own relay has to publish it. No row is
   * passed over for its id: ids are given in another order than that in which rows commit, see
   * docs/decisions/0005-a-sweep-skips-nothing.md. A row from the future was written before the
   * clock was set back, and is not waited for.
   */
  private static final String UNPUBLISHED =
      """
      SELECT id, topic, saga_id, value, headers
        FROM choreography_outbox
       WHERE id > ?
         AND created_at NOT BETWEEN now() - interval '5 seconds' AND now() + interval '5 seconds'
         AND topic <> ALL (?)
       ORDER BY id
       LIMIT ?
      """;

  private Outbox() {}

  static List<OutboxRow> unpublished(
      Connection connection, long after, Set<String> unreachable, int limit) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(UNPUBLISHED)) {
      statement.setLong(1, after);
      statement.setArray(2, connection.createArrayOf("text", unreachable.toArray()));
      statement.setInt(3, limit);
      List<OutboxRow> rows = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          rows.add(
              new OutboxRow(
                  result.getLong(1),
                  new OutboxEvent(
                      result.getString(2),
                      result.getString(3),
                      result.getBytes(4),
                      Wire.headers(result.getString(5)))));
        }
      }
      return rows;
    }
  }

  static List<OutboxRow> append(
      Connection connection, List<OutboxEvent> events, Collection<Long> published)
      throws SQLException {
    if (events.isEmpty()) {
      forget(connection, published);
      return List.of();
    }
    Columns<OutboxEvent> columns = new Columns<>(connection, events);
    try (PreparedStatement statement =
        connection.prepareStatement(published.isEmpty() ? APPEND : FORGET_AND_APPEND)) {
      int column = 0;
      if (!published.isEmpty()) {
        statement.setArray(++column, ids(connection, published));
      }
      statement.setArray(++column, columns.text(OutboxEvent::topic));
      statement.setArray(++column, columns.text(OutboxEvent::sagaId));
      statement.setArray(++column, columns.bytes(OutboxEvent::value));
      statement.setArray(++column, columns.text(event -> Wire.headers(event.headers())));
      List<OutboxRow> rows = new ArrayList<>(events.size());
      try (ResultSet ids = statement.executeQuery()) {
        while (ids.next()) {
          rows.add(new OutboxRow(ids.getLong(1), events.get(rows.size())));
        }
      }
      return rows;
    }
  }

  static void forget(Connection connection, Collection<Long> published) throws SQLException {
    if (!published.isEmpty()) {
      try (PreparedStatement statement = connection.prepareStatement(FORGET)) {
        statement.setArray(1, ids(connection, published));
        statement.executeUpdate();
      }
    }
  }

  private static Array ids(Connection connection, Collection<Long> ids) throws SQLException {
    return connection.createArrayOf("bigint", ids.toArray(Long[]::new));
  }
}
