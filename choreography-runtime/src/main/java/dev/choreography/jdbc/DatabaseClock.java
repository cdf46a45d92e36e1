// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import javax.sql.DataSource;

/** The time of a database, also within a transaction that began earlier. */
public final class DatabaseClock {

  private DatabaseClock() {}

  /** The database's time. */
  public static Instant instant(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT clock_timestamp()")) {
      if (!result.next()) {
        throw new SQLException("SELECT clock_timestamp() returned no row");
      }
      return result.getObject(1, OffsetDateTime.class).toInstant();
    }
  }
}
