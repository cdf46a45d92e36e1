// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;

/** Brings the framework's tables into a participant's database, beside the participant's own. */
public final class Migrations {

  /** The framework's own history, so that it does not meet the participant's. */
  static final String HISTORY = "choreography_history";

  private static final String LOCK_KEY =
      "(hashtextextended(current_schema() || '." + HISTORY + "', 0))";
  private static final String LOCK = "SELECT pg_advisory_lock" + LOCK_KEY;
  private static final String UNLOCK = "SELECT pg_advisory_unlock" + LOCK_KEY;

  private Migrations() {}

  /**
   * Applies what is missing; safe with several instances at once.
   *
   * @throws SQLException if the database is away
   */
  public static void apply(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      // Flyway lets one instance at a time migrate, but several at once make its own table.
      statement.execute(LOCK);
      try {
        flyway(dataSource).migrate();
      } finally {
        statement.execute(UNLOCK);
      }
    }
  }

  /** What {@link #apply} would do, one sentence each; empty where the tables are up to date. */
  public static List<String> missing(DataSource dataSource) {
    return Arrays.stream(flyway(dataSource).info().pending()).map(Migrations::describe).toList();
  }

  /** What in the database's settings would break a promise, one sentence each. */
  public static List<String> unsafeSettings(DataSource dataSource) throws SQLException {
    List<String> problems = new ArrayList<>();
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SHOW synchronous_commit")) {
      if (result.next() && result.getString(1).equals("off")) {
        problems.add(
            "the database commits with synchronous_commit=off, which loses committed steps in a crash; set it to on for this role");
      }
    }
    return problems;
  }

  private static String describe(MigrationInfo migration) {
    return "the database lacks migration %s %s of the framework's tables; apply it, or let start() do so"
        .formatted(migration.getVersion(), migration.getDescription());
  }

  private static Flyway flyway(DataSource dataSource) {
    return Flyway.configure()
        .dataSource(dataSource)
        .table(HISTORY)
        .locations("classpath:dev/choreography/jdbc/migration")
        // The participant's own tables are there already: the schema is not empty, and not ours.
        .baselineOnMigrate(true)
        .baselineVersion("0")
        .load();
  }
}
