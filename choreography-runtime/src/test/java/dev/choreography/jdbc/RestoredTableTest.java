// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.local.LocalPostgres;
import dev.choreography.testbed.RealPrograms;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Acknowledgements that an instance keeps in memory delete no row that got the same number after a
 * restore.
 */
@Timeout(300)
class RestoredTableTest {

  private static LocalPostgres postgres;
  private static HikariDataSource database;

  private JdbcJournal journal;

  @BeforeAll
  static void start() throws SQLException {
    postgres = LocalPostgres.start();
    database = RealPrograms.pool(postgres.createDatabase("restored"));
    Migrations.apply(database);
  }

  @AfterAll
  static void stop() {
    database.close();
    postgres.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    execute("TRUNCATE choreography_outbox RESTART IDENTITY");
    journal = new JdbcJournal(database);
  }

  @Test
  void a_table_that_was_truncated_before_a_dump_was_read_in() throws SQLException {
    List<OutboxId> acknowledged = List.of(append("before"));
    execute("TRUNCATE choreography_outbox RESTART IDENTITY");
    assertSurvivesAll(append("after"), acknowledged);
  }

  @Test
  void a_table_that_a_dump_made_anew() throws SQLException {
    List<OutboxId> acknowledged = List.of(append("before"));
    execute(
        "ALTER TABLE choreography_outbox RENAME TO replaced",
        "CREATE TABLE choreography_outbox (LIKE replaced INCLUDING ALL)",
        "DROP TABLE replaced");
    assertSurvivesAll(append("after"), acknowledged);
  }

  @Test
  void a_server_that_started_again_with_older_data() throws SQLException {
    List<OutboxId> acknowledged = List.of(append("before"));
    postgres.kill();
    postgres.restart();
    database.getHikariPoolMXBean().softEvictConnections();
    // The file is the same, as in a copy of the data folder.
    execute(
        "DELETE FROM choreography_outbox",
        "ALTER TABLE choreography_outbox ALTER id RESTART WITH 1");
    assertSurvivesAll(append("after"), acknowledged);
  }

  @Test
  void rows_of_the_present_table_leave_beside_those_of_a_former_one() throws SQLException {
    OutboxId former = append("before");
    execute("TRUNCATE choreography_outbox RESTART IDENTITY");
    append("not acknowledged");
    OutboxId present = append("acknowledged");
    try (JdbcTransaction batch = (JdbcTransaction) journal.begin(JdbcJournal.Scope.BATCH)) {
      batch.forget(List.of(former, present));
      assertThat(batch.append(List.of(event("next")))).hasSize(1);
      batch.commit();
    }
    assertThat(outbox()).containsExactly("not acknowledged", "next");
  }

  /** Whatever statement the acknowledgements go with. */
  private void assertSurvivesAll(OutboxId after, List<OutboxId> acknowledged) throws SQLException {
    assertThat(acknowledged.get(0).number()).as("given anew").isEqualTo(after.number());
    journal.forget(acknowledged);
    try (JdbcTransaction batch = (JdbcTransaction) journal.begin(JdbcJournal.Scope.BATCH)) {
      batch.forget(acknowledged);
      batch.append(List.of(event("next")));
      batch.commit();
    }
    try (JdbcTransaction batch = (JdbcTransaction) journal.begin(JdbcJournal.Scope.BATCH)) {
      batch.forget(acknowledged);
      batch.commit();
    }
    assertThat(outbox()).containsExactly("after", "next");
    journal.forget(List.of(after));
    assertThat(outbox()).containsExactly("next");
  }

  private static List<String> outbox() throws SQLException {
    return RealPrograms.query(database, "SELECT saga_id FROM choreography_outbox ORDER BY id");
  }

  private static OutboxId append(String saga) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      OutboxRow row = JdbcJournal.append(connection, event(saga));
      connection.commit();
      return row.id();
    }
  }

  private static OutboxEvent event(String saga) {
    return new OutboxEvent("t", saga, new byte[] {1}, Map.of());
  }

  private static void execute(String... statements) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}
