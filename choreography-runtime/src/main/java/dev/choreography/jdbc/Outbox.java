// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Adds events to the outbox, any number with one statement. */
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

  private Outbox() {}

  static List<OutboxRow> append(Connection connection, List<OutboxEvent> events)
      throws SQLException {
    if (events.isEmpty()) {
      return List.of();
    }
    Columns<OutboxEvent> columns = new Columns<>(connection, events);
    try (PreparedStatement statement = connection.prepareStatement(APPEND)) {
      statement.setArray(1, columns.text(OutboxEvent::topic));
      statement.setArray(2, columns.text(OutboxEvent::sagaId));
      statement.setArray(3, columns.bytes(OutboxEvent::value));
      statement.setArray(4, columns.text(event -> Wire.headers(event.headers())));
      List<OutboxRow> rows = new ArrayList<>(events.size());
      try (ResultSet ids = statement.executeQuery()) {
        while (ids.next()) {
          rows.add(new OutboxRow(ids.getLong(1), events.get(rows.size())));
        }
      }
      return rows;
    }
  }
}
