// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The statements on the outbox's rows, any number of them with one. */
final class Outbox {

  /**
   * What the numbers of rows are bound to. A server that was restored, or took the place of
   * another, has been started anew; a table that was dropped and made again or truncated, as before
   * a dump is read in, has another file. The path of that begins with the number of the database.
   */
  private static final String TABLE =
      "(SELECT hashtextextended(extract(epoch FROM pg_postmaster_start_time()) || ' ' || pg_relation_filepath('choreography_outbox'), 0))";

  /** The rows are numbered in the order in which they are given. */
  private static final String APPEND =
      """
      INSERT INTO choreography_outbox (topic, saga_id, value, headers)
      SELECT topic, saga_id, value, headers
        FROM unnest(?::text[], ?::text[], ?::bytea[], ?::text[])
             WITH ORDINALITY AS event (topic, saga_id, value, headers, ordinal)
       ORDER BY ordinal
      RETURNING id,\s
      """
          + TABLE;

  /**
   * Deletes nothing where the table is another one: the condition on it is checked once, before any
   * row is looked for.
   */
  private static final String FORGET =
      "DELETE FROM choreography_outbox WHERE id = ANY (?) AND ? = " + TABLE;

  private static final String FORGET_AND_APPEND = "WITH forgotten AS (" + FORGET + ")\n" + APPEND;

  /**
   * All that is committed and older than the time that its own relay has to publish it. No row is
   * passed over for its id: ids are given in another order than that in which rows commit, see
   * docs/decisions/0005-a-sweep-skips-nothing.md. A row from the future was written before the
   * clock was set back, and is not waited for.
   *
   * <p>Of the rows found, those are read that together have so many bytes, and the first in any
   * case. Their length is known without reading them: octet_length does not fetch a value that is
   * stored out of line, see byteaoctetlen in PostgreSQL's varlena.c.
   */
  private static final String UNPUBLISHED =
      """
      SELECT id, topic, saga_id, value, headers, found, %s
        FROM (SELECT id, topic, saga_id, value, headers,
                     row_number() OVER (ORDER BY id) AS place,
                     sum(octet_length(value) + octet_length(headers)) OVER (ORDER BY id) AS bytes,
                     count(*) OVER () AS found
                FROM (SELECT id, topic, saga_id, value, headers
                        FROM choreography_outbox
                       WHERE id > ?
                         AND created_at NOT BETWEEN now() - interval '5 seconds'
                                                AND now() + interval '5 seconds'
                         AND topic <> ALL (?)
                       ORDER BY id
                       LIMIT ?) AS unpublished) AS sized
       WHERE bytes <= ? OR place = 1
       ORDER BY id
      """
          .formatted(TABLE);

  private Outbox() {}

  /**
   * The rows that a sweep publishes at once.
   *
   * @param rows by id
   * @param more whether there may be others behind them
   */
  record Page(List<OutboxRow> rows, boolean more) {}

  /** Reads up to {@code limit} rows with up to {@code maxBytes}, and one however large it is. */
  static Page unpublished(
      Connection connection, long after, Set<String> unreachable, int limit, int maxBytes)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(UNPUBLISHED)) {
      statement.setLong(1, after);
      statement.setArray(2, connection.createArrayOf("text", unreachable.toArray()));
      statement.setInt(3, limit);
      statement.setInt(4, maxBytes);
      List<OutboxRow> rows = new ArrayList<>();
      long found = 0;
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          found = result.getLong(6);
          rows.add(
              new OutboxRow(
                  new OutboxId(result.getLong(7), result.getLong(1)),
                  new OutboxEvent(
                      result.getString(2),
                      result.getString(3),
                      result.getBytes(4),
                      Wire.headers(result.getString(5)))));
        }
      }
      return new Page(rows, found == limit || rows.size() < found);
    }
  }

  static List<OutboxRow> append(
      Connection connection, List<OutboxEvent> events, Collection<OutboxId> published)
      throws SQLException {
    if (events.isEmpty()) {
      forget(connection, published);
      return List.of();
    }
    List<List<OutboxId>> tables = byTable(published);
    for (List<OutboxId> former : tables.subList(0, Math.max(0, tables.size() - 1))) {
      forget(connection, former);
    }
    Columns<OutboxEvent> columns = new Columns<>(connection, events);
    try (PreparedStatement statement =
        connection.prepareStatement(published.isEmpty() ? APPEND : FORGET_AND_APPEND)) {
      int column = 0;
      if (!published.isEmpty()) {
        List<OutboxId> last = tables.get(tables.size() - 1);
        statement.setArray(++column, numbers(connection, last));
        statement.setLong(++column, last.get(0).table());
      }
      statement.setArray(++column, columns.text(OutboxEvent::topic));
      statement.setArray(++column, columns.text(OutboxEvent::sagaId));
      statement.setArray(++column, columns.bytes(OutboxEvent::value));
      statement.setArray(++column, columns.text(event -> Wire.headers(event.headers())));
      List<OutboxRow> rows = new ArrayList<>(events.size());
      try (ResultSet ids = statement.executeQuery()) {
        while (ids.next()) {
          OutboxId id = new OutboxId(ids.getLong(2), ids.getLong(1));
          rows.add(new OutboxRow(id, events.get(rows.size())));
        }
      }
      return rows;
    }
  }

  static void forget(Connection connection, Collection<OutboxId> published) throws SQLException {
    for (List<OutboxId> table : byTable(published)) {
      try (PreparedStatement statement = connection.prepareStatement(FORGET)) {
        statement.setArray(1, numbers(connection, table));
        statement.setLong(2, table.get(0).table());
        statement.executeUpdate();
      }
    }
  }

  /** Nearly always they are all of one table. */
  private static List<List<OutboxId>> byTable(Collection<OutboxId> ids) {
    return List.copyOf(
        ids.stream()
            .collect(
                Collectors.groupingBy(OutboxId::table, LinkedHashMap::new, Collectors.toList()))
            .values());
  }

  private static Array numbers(Connection connection, List<OutboxId> ids) throws SQLException {
    return new Columns<>(connection, ids).numbers(OutboxId::number);
  }
}
