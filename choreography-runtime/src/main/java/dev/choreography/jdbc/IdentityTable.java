// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.DatabaseIdentity;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.UUID;
import javax.sql.DataSource;

/** The identity that a database has from the first start of its participant on. */
public final class IdentityTable {

  private static final String ADD =
      """
      INSERT INTO choreography_identity (participant)
      VALUES (?)
      ON CONFLICT DO NOTHING
      """;

  private static final String READ =
      """
      SELECT id, participant, created_at, gen_random_uuid()
        FROM choreography_identity
      """;

  private IdentityTable() {}

  /**
   * The identity of a database, given to it if it has none.
   *
   * @param participant whose the database is if it has none
   */
  public static DatabaseIdentity of(DataSource dataSource, String participant) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      // Of two instances that insert at once, one waits here for the other and inserts nothing.
      try (PreparedStatement statement = connection.prepareStatement(ADD)) {
        statement.setString(1, participant);
        statement.executeUpdate();
      }
      DatabaseIdentity identity = read(connection);
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
      return identity;
    }
  }

  private static DatabaseIdentity read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(READ)) {
      if (!result.next()) {
        throw new SQLException(
            "table choreography_identity is empty right after its row was inserted");
      }
      return new DatabaseIdentity(
          result.getObject(1, UUID.class),
          result.getString(2),
          result.getObject(3, OffsetDateTime.class).toInstant(),
          result.getObject(4, UUID.class));
    }
  }
}
