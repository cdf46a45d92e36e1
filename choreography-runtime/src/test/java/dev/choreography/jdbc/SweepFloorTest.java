// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.MemoryRelay;
import dev.choreography.testbed.RealPrograms;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A sweep begins where something may still lie, and never behind it. */
@ExtendWith(RealPrograms.class)
@Timeout(30)
class SweepFloorTest {

  private static final int SWEEPS_TO_SETTLE = 3;
  private static final int ROWS = 5_000;

  private static Database address;

  /** Of one connection: what the sweeps read is counted where they are made. */
  private static HikariDataSource database;

  private final MemoryRelay relay = new MemoryRelay();
  private JdbcJournal journal;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    address = environment.createDatabase("sweep_floor");
    database = RealPrograms.pool(address);
    Migrations.apply(database);
    database.getHikariPoolMXBean().softEvictConnections();
    database.setMaximumPoolSize(1);
  }

  @AfterAll
  static void close() {
    database.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    execute("TRUNCATE choreography_outbox");
    journal = new JdbcJournal(database);
  }

  @Test
  void what_was_deleted_behind_a_snapshot_is_not_passed_again_and_again() throws SQLException {
    try (Connection snapshot = another()) {
      snapshot.setAutoCommit(false);
      snapshot.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      number(snapshot, "SELECT count(*) FROM choreography_outbox");
      execute(
          "INSERT INTO choreography_outbox (topic, saga_id, value, headers) SELECT 't', 's', '', '{}' FROM generate_series(1, "
              + ROWS
              + ")");
      execute("DELETE FROM choreography_outbox");
      sweep(SWEEPS_TO_SETTLE);
      long before = entriesRead();
      sweep(10);
      assertThat(entriesRead() - before).as("index entries read by ten sweeps").isLessThan(ROWS);
      snapshot.rollback();
    }
  }

  @Test
  void an_event_of_a_transaction_that_takes_long_is_found_however_many_came_after_it()
      throws SQLException {
    try (Connection slow = another()) {
      slow.setAutoCommit(false);
      JdbcJournal.append(slow, event("slow"));
      for (int i = 0; i < 2 * SWEEPS_TO_SETTLE; i++) {
        appendAndForget();
        sweep(1);
      }
      slow.commit();
    }
    sweep(2 * SWEEPS_TO_SETTLE);
    execute("UPDATE choreography_outbox SET created_at = created_at - interval '10 seconds'");
    sweep(1);
    assertThat(relay.published()).extracting(OutboxEvent::sagaId).containsExactly("slow");
  }

  @Test
  void an_event_that_the_broker_does_not_have_holds_the_floor_below_it() throws SQLException {
    append("refused");
    execute("UPDATE choreography_outbox SET created_at = created_at - interval '10 seconds'");
    relay.away(true);
    for (int i = 0; i < 2 * SWEEPS_TO_SETTLE; i++) {
      appendAndForget();
      sweep(1);
    }
    relay.away(false);
    sweep(1);
    assertThat(relay.published()).extracting(OutboxEvent::sagaId).containsExactly("refused");
  }

  @Test
  void a_server_that_was_restored_may_give_ids_anew(LocalEnvironment environment)
      throws SQLException {
    for (int i = 0; i < 2 * SWEEPS_TO_SETTLE; i++) {
      appendAndForget();
      sweep(1);
    }
    environment.postgres().kill();
    environment.postgres().restart();
    database.getHikariPoolMXBean().softEvictConnections();
    execute("TRUNCATE choreography_outbox RESTART IDENTITY");
    append("restored");
    execute("UPDATE choreography_outbox SET created_at = created_at - interval '10 seconds'");
    sweep(1);
    assertThat(relay.published()).extracting(OutboxEvent::sagaId).containsExactly("restored");
  }

  private void sweep(int times) {
    for (int i = 0; i < times; i++) {
      journal.sweep(relay, 0, 10);
    }
  }

  private static void appendAndForget() throws SQLException {
    append("passing");
    execute("DELETE FROM choreography_outbox WHERE saga_id = 'passing'");
  }

  private static void append(String saga) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      JdbcJournal.append(connection, event(saga));
      connection.commit();
    }
  }

  private static OutboxEvent event(String saga) {
    return new OutboxEvent("t", saga, new byte[] {1}, Map.of());
  }

  private static Connection another() throws SQLException {
    return DriverManager.getConnection(address.jdbcUrl(), address.user(), address.password());
  }

  private static long entriesRead() throws SQLException {
    try (Connection connection = database.getConnection()) {
      number(connection, "SELECT 1 FROM pg_stat_force_next_flush()");
      return number(
          connection,
          "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'choreography_outbox_pkey'");
    }
  }

  private static long number(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      result.next();
      return result.getLong(1);
    }
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
