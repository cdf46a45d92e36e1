// SPDX-License-Identifier: Apache-2.0
package dev.choreography.examples;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.local.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** The database of one participant, with its own tables in it. Safe for use by several threads. */
public final class ParticipantDatabase implements AutoCloseable {

  /** All but the framework's. */
  private static final String OWN_TABLES =
      """
      SELECT tablename FROM pg_tables
      WHERE schemaname = current_schema()
      AND tablename NOT LIKE 'choreography%' AND tablename NOT LIKE 'flyway%'
      ORDER BY tablename
      """;

  private final HikariDataSource source;

  /**
   * Creates the tables in an empty database.
   *
   * @param tables SQL
   */
  public ParticipantDatabase(Database database, String tables) {
    this.source = new HikariDataSource();
    source.setJdbcUrl(database.jdbcUrl());
    source.setUsername(database.user());
    source.setPassword(database.password());
    source.setMaximumPoolSize(8);
    source.setMinimumIdle(1);
    execute(tables);
  }

  /** For {@code database(...)} of a participant or of a simulation. */
  public DataSource source() {
    return source;
  }

  /** Executes statements in a transaction of their own. */
  public void execute(String sql) {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException("%s: %s".formatted(sql, e.getMessage()), e);
    }
  }

  /** The number that a query returns. */
  public long number(String sql) {
    return Long.parseLong(rows(sql).get(1).get(0));
  }

  /** The names of the participant's own tables. */
  List<String> tables() {
    return rows(OWN_TABLES).stream().skip(1).map(row -> row.get(0)).toList();
  }

  /** What a query returns: the columns' names, then each row. */
  List<List<String>> rows(String sql) {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      ResultSetMetaData columns = result.getMetaData();
      List<String> names = new ArrayList<>();
      for (int i = 1; i <= columns.getColumnCount(); i++) {
        names.add(columns.getColumnLabel(i));
      }
      List<List<String>> rows = new ArrayList<>(List.of(names));
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= names.size(); i++) {
          row.add(String.valueOf(result.getString(i)));
        }
        rows.add(row);
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException("%s: %s".formatted(sql, e.getMessage()), e);
    }
  }

  @Override
  public void close() {
    source.close();
  }
}
