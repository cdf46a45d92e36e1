// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Position;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Reads and writes the positions in the partitions: any number with one statement. */
final class PositionTable {

  /** Rows are written in the order of the key, so that two writers do not deadlock over them. */
  private static final String WRITE =
      """
      INSERT INTO choreography_position (topic, topic_id, partition, next_offset)
      SELECT topic, topic_id, partition, next_offset
        FROM unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[])
             AS position (topic, topic_id, partition, next_offset)
      ON CONFLICT (topic, partition) DO UPDATE
         SET topic_id = excluded.topic_id, next_offset = excluded.next_offset
      """;

  private static final String READ =
      """
      SELECT topic, topic_id, partition, next_offset
        FROM choreography_position
       WHERE topic = ANY (?)
       ORDER BY topic, partition
      """;

  private PositionTable() {}

  static int write(Connection connection, Collection<Position> positions) throws SQLException {
    if (positions.isEmpty()) {
      return 0;
    }
    Columns<Position> columns = new Columns<>(connection, positions.stream().sorted().toList());
    try (PreparedStatement statement = connection.prepareStatement(WRITE)) {
      statement.setArray(1, columns.text(Position::topic));
      statement.setArray(2, columns.text(Position::topicId));
      statement.setArray(3, columns.numbers(position -> (long) position.partition()));
      statement.setArray(4, columns.numbers(Position::next));
      return statement.executeUpdate();
    }
  }

  static List<Position> read(Connection connection, Collection<String> topics) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(READ)) {
      statement.setArray(1, connection.createArrayOf("text", topics.toArray()));
      List<Position> positions = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          positions.add(
              new Position(
                  result.getString(1), result.getString(2), result.getInt(3), result.getLong(4)));
        }
      }
      return positions;
    }
  }
}
