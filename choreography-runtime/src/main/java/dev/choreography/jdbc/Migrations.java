// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings the framework's tables into a participant's database, beside the participant's own. */
public final class Migrations {

  private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);

  /** The framework's own history, so that it does not meet the participant's. */
  static final String HISTORY = "choreography_history";

  /**
   * Held by a transaction rather than by a session: behind a pooler that gives a connection to a
   * transaction, as pgbouncer does, the session that locked is not that which would unlock. Whoever
   * vanishes while it migrates must not keep the others waiting for hours.
   */
  private static final String LOCK =
      "SELECT set_config('idle_in_transaction_session_timeout', '10min', true), pg_advisory_xact_lock(hashtextextended(current_schema() || '."
          + HISTORY
          + "', 0))";

  private Migrations() {}

  /**
   * Applies what is missing; safe with several instances at once. Where nothing is, it takes no
   * lock and needs no more than to read.
   *
   * @throws SQLException if the database is away
   */
  public static void apply(DataSource dataSource) throws SQLException {
    if (missing(dataSource).isEmpty()) {
      flyway(dataSource).validate();
      return;
    }
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        // Flyway lets one instance at a time migrate, but several at once make its own table.
        statement.execute(LOCK);
        flyway(dataSource).migrate();
      } finally {
        end(connection);
      }
    }
  }

  private static void end(Connection connection) {
    try {
      connection.rollback();
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      LOG.debug("the lock is free, since its connection is lost", e);
    }
  }

  /** What keeps this role from applying what is missing, one sentence each. */
  public static List<String> obstacles(DataSource dataSource) throws SQLException {
    return missing(dataSource).isEmpty() ? List.of() : Privileges.missingToMigrate(dataSource);
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
        // Its own lock is one of a transaction, too; so by default, and so whatever the default.
        .configuration(Map.of("flyway.postgresql.transactional.lock", "true"))
        .load();
  }
}
