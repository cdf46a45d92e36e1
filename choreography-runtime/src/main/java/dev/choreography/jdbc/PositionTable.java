// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Position;
import dev.choreography.engine.SetBackException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads and writes the positions in the partitions: any number with one statement. */
final class PositionTable {

  private static final String GIVEN =
      """
      unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
             AS given (topic, topic_id, partition, next_offset, epoch, known)
      """;

  /**
   * An instance that was taken for dead may write after its successor; what either says is true, so
   * the higher one stays. A database that lost what it had acknowledged has a lower one than known,
   * and the row is not written.
   */
  private static final String ADVANCE =
      """
      UPDATE choreography_position AS position
         SET next_offset = greatest(position.next_offset, given.next_offset),
             epoch = CASE WHEN position.next_offset > given.next_offset
                          THEN position.epoch ELSE given.epoch END
        FROM %s
       WHERE position.topic = given.topic
         AND position.partition = given.partition
         AND position.topic_id = given.topic_id
         AND position.next_offset >= given.known
      """
          .formatted(GIVEN);

  private static final String INSERT =
      """
      INSERT INTO choreography_position (topic, topic_id, partition, next_offset, epoch)
      SELECT topic, topic_id, partition, next_offset, epoch
        FROM %s
      ON CONFLICT (topic, partition) DO NOTHING
      """
          .formatted(GIVEN);

  private static final String READ =
      """
      SELECT topic, topic_id, partition, next_offset, epoch
        FROM choreography_position
       WHERE topic = ANY (?)
       ORDER BY topic, partition
      """;

  private static final String DELETE =
      """
      DELETE FROM choreography_position AS position
       USING %s
       WHERE position.topic = given.topic AND position.partition = given.partition
      """
          .formatted(GIVEN);

  private PositionTable() {}

  /**
   * Writes positions, in the order of the key.
   *
   * @throws SetBackException if one of them is stored with a lower offset than was known
   */
  static void advance(Connection connection, Collection<Position> positions) throws SQLException {
    if (positions.isEmpty() || execute(connection, ADVANCE, positions) == positions.size()) {
      return;
    }
    Map<Place, Position> stored =
        read(connection, positions.stream().map(Position::topic).distinct().toList()).stream()
            .collect(Collectors.toMap(Place::of, Function.identity()));
    List<Position> missing = new ArrayList<>();
    for (Position position : positions) {
      @Nullable Position found = stored.get(Place.of(position));
      if (position.isLostIn(found)) {
        throw new SetBackException(position, found);
      }
      if (found == null) {
        missing.add(position);
      }
    }
    execute(connection, INSERT, missing);
  }

  static int delete(Connection connection, Collection<Position> positions) throws SQLException {
    return execute(connection, DELETE, positions);
  }

  static List<Position> read(Connection connection, Collection<String> topics) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(READ)) {
      statement.setArray(1, connection.createArrayOf("text", topics.toArray()));
      List<Position> positions = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          long next = result.getLong(4);
          positions.add(
              new Position(
                  result.getString(1),
                  result.getString(2),
                  result.getInt(3),
                  next,
                  result.getInt(5),
                  next));
        }
      }
      return positions;
    }
  }

  private static int execute(Connection connection, String sql, Collection<Position> positions)
      throws SQLException {
    if (positions.isEmpty()) {
      return 0;
    }
    Columns<Position> columns = new Columns<>(connection, positions.stream().sorted().toList());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, columns.text(Position::topic));
      statement.setArray(2, columns.text(Position::topicId));
      statement.setArray(3, columns.numbers(position -> (long) position.partition()));
      statement.setArray(4, columns.numbers(Position::next));
      statement.setArray(5, columns.numbers(position -> (long) position.epoch()));
      statement.setArray(6, columns.numbers(Position::known));
      return statement.executeUpdate();
    }
  }

  private record Place(String topic, int partition) {
    static Place of(Position position) {
      return new Place(position.topic(), position.partition());
    }
  }
}
