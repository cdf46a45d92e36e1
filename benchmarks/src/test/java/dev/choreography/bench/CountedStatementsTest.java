// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.bench.CountedStatements.Counts;
import dev.choreography.local.Database;
import dev.choreography.local.LocalPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CountedStatementsTest {

  private static LocalPostgres postgres;
  private static HikariDataSource source;

  private final CountedStatements counted = new CountedStatements();

  @BeforeAll
  static void start() throws SQLException {
    postgres = LocalPostgres.start();
    Database database = postgres.createDatabase("counted");
    source = Ours.pool(database, 1);
    Stage.execute(database, Tally.table());
  }

  @AfterAll
  static void stop() {
    source.close();
    postgres.close();
  }

  @Test
  void statements_and_commits_of_the_framework_are_counted_and_those_of_the_business_are_not()
      throws SQLException {
    DataSource looked = counted.in(source);
    try (Connection connection = looked.getConnection()) {
      connection.setAutoCommit(false);
      try (Statement statement = connection.createStatement()) {
        statement.execute("SELECT 1");
      }
      try (PreparedStatement statement = connection.prepareStatement("SELECT 2")) {
        statement.executeQuery().close();
        statement.executeQuery().close();
      }
      Tally.add(connection, Trips.sagaId(7));
      connection.commit();
    }

    assertThat(counted.now()).isEqualTo(new Counts(3, 1));
  }

  @Test
  void what_is_sent_to_be_able_to_undo_is_counted() throws SQLException {
    try (Connection connection = counted.in(source).getConnection()) {
      connection.setAutoCommit(false);
      Savepoint savepoint = connection.setSavepoint();
      connection.rollback(savepoint);
      connection.releaseSavepoint(savepoint);
    }

    assertThat(counted.now()).isEqualTo(new Counts(3, 0));
  }
}
