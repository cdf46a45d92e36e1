// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Migrations work behind a pooler that gives a connection to a transaction. */
@ExtendWith(RealPrograms.class)
@Timeout(300)
class MigrationsTest {

  @Test
  void instances_that_migrate_at_once_take_turns_and_make_the_tables_once(
      LocalEnvironment environment) throws Exception {
    Database database = environment.createDatabase("migrated_at_once");
    ExecutorService threads = Executors.newFixedThreadPool(6);
    List<HikariDataSource> pools = new ArrayList<>();
    try {
      List<Future<?>> migrating = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        HikariDataSource pool = RealPrograms.pool(database);
        pools.add(pool);
        migrating.add(
            threads.submit(
                () -> {
                  Migrations.apply(pool);
                  return null;
                }));
      }
      for (Future<?> one : migrating) {
        one.get();
      }
      assertThat(Migrations.missing(pools.get(0))).isEmpty();
      assertThat(
              RealPrograms.query(
                  pools.get(0),
                  "SELECT version FROM choreography_history WHERE type = 'SQL' AND success"))
          .containsExactly("1");
      assertThat(
              RealPrograms.query(
                  pools.get(0), "SELECT pid::text FROM pg_locks WHERE locktype = 'advisory'"))
          .as("advisory locks that outlive their transaction")
          .isEmpty();
    } finally {
      threads.shutdownNow();
      pools.forEach(HikariDataSource::close);
    }
  }

  /** A lock of a session is one that its transaction's end does not free. */
  @Test
  void no_statement_takes_a_lock_of_the_session(LocalEnvironment environment) throws Exception {
    RecordingSource recorded = new RecordingSource();
    try (HikariDataSource pool =
        RealPrograms.pool(environment.createDatabase("migrated_watched"))) {
      Migrations.apply(recorded.around(pool));
    }
    assertThat(recorded.statements())
        .as("what is recorded is what Flyway does")
        .anyMatch(sql -> sql.contains("CREATE TABLE choreography_journal"))
        .anyMatch(sql -> sql.contains("advisory_xact_lock"));
    assertThat(recorded.statements())
        .as("locks of the session")
        .noneMatch(sql -> sql.matches("(?is).*pg_(try_)?advisory_(un)?lock.*"));
  }

  /** Another instance holds the lock in a transaction: whoever comes waits for its end. */
  @Test
  void who_finds_another_at_it_waits_for_its_transaction(LocalEnvironment environment)
      throws Exception {
    Database database = environment.createDatabase("migrated_in_turn");
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try (HikariDataSource pool = RealPrograms.pool(database);
        Connection other =
            DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute(
          "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.choreography_history', 0))");
      Future<?> migrating =
          thread.submit(
              () -> {
                Migrations.apply(pool);
                return null;
              });
      Awaitility.await("the migration to wait")
          .atMost(Duration.ofMinutes(2))
          .until(
              () -> {
                try (ResultSet waiting =
                    statement.executeQuery(
                        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")) {
                  waiting.next();
                  return waiting.getInt(1) == 1;
                }
              });
      assertThat(Migrations.missing(pool)).isNotEmpty();
      other.rollback();
      migrating.get();
      assertThat(Migrations.missing(pool)).isEmpty();
    } finally {
      thread.shutdownNow();
    }
  }
}
