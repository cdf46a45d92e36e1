// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Journal.StepVersion;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;

/**
 * The versions of steps that have been hosted over a database. Only of those does the journal have
 * rows, so the journal, which may be long, is searched for the ones alone that are hosted no more.
 */
public final class HostedVersions {

  private static final String UNHOSTED =
      """
      SELECT choreography, version, step
        FROM choreography_hosted
       WHERE (choreography || ':' || version || ':' || step) <> ALL (?)
       ORDER BY choreography, version, step
      """;

  private static final String UNFINISHED =
      """
      SELECT count(*)
        FROM choreography_journal
       WHERE choreography = ? AND version = ? AND step = ?
         AND state NOT IN ('CONFIRMED', 'FAILED', 'COMPENSATED', 'SKIPPED')
      """;

  private static final String ADD =
      """
      INSERT INTO choreography_hosted (choreography, version, step)
      VALUES (?, ?, ?)
      ON CONFLICT DO NOTHING
      """;

  private HostedVersions() {}

  /** Rows that nobody would take up any more, one sentence for each version of a step. */
  public static List<String> abandoned(DataSource dataSource, Collection<StepVersion> hosted)
      throws SQLException {
    List<String> problems = new ArrayList<>();
    try (Connection connection = dataSource.getConnection()) {
      for (StepVersion step : unhosted(connection, hosted)) {
        long unfinished = unfinished(connection, step);
        if (unfinished > 0) {
          problems.add(
              "the journal has %s unfinished rows of step %s of version %s of %s, which is not hosted; host it until they have ended"
                  .formatted(unfinished, step.step(), step.version(), step.choreography()));
        }
      }
    }
    return problems;
  }

  /** Remembers that these are hosted now. */
  public static void add(DataSource dataSource, Collection<StepVersion> hosted)
      throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(ADD)) {
      for (StepVersion step : hosted) {
        statement.setString(1, step.choreography());
        statement.setInt(2, step.version());
        statement.setString(3, step.step());
        statement.executeUpdate();
      }
      if (!connection.getAutoCommit()) {
        connection.commit();
      }
    }
  }

  private static List<StepVersion> unhosted(Connection connection, Collection<StepVersion> hosted)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(UNHOSTED)) {
      statement.setArray(1, JournalTable.names(connection, hosted));
      List<StepVersion> found = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          found.add(new StepVersion(result.getString(1), result.getInt(2), result.getString(3)));
        }
      }
      return found;
    }
  }

  private static long unfinished(Connection connection, StepVersion step) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(UNFINISHED)) {
      statement.setString(1, step.choreography());
      statement.setInt(2, step.version());
      statement.setString(3, step.step());
      try (ResultSet result = statement.executeQuery()) {
        return result.next() ? result.getLong(1) : 0;
      }
    }
  }
}
