// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Step;
import dev.choreography.jdbc.JdbcJournal;
import dev.choreography.jdbc.Migrations;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.MemoryCodec;
import dev.choreography.testbed.MemoryRelay;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A transaction that stalls at its very begin is given up, and so is its connection. */
@ExtendWith(RealPrograms.class)
@Timeout(300)
class StallTest {

  /** Less than the wait for the lock that batches share. */
  private static final Duration PATIENCE = Duration.ofMillis(100);

  private static final String ALONE =
      "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.choreography_journal', 0))";

  private final MemoryRelay relay = new MemoryRelay();

  @Test
  void however_often_it_stalls_no_connection_is_left_behind(LocalEnvironment environment)
      throws Exception {
    Database database = environment.createDatabase("stall");
    try (HikariDataSource pool = RealPrograms.pool(database);
        Connection other =
            DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
        Statement statement = other.createStatement()) {
      Migrations.apply(pool);
      other.setAutoCommit(false);
      statement.execute(ALONE);
      JdbcJournal journal = new JdbcJournal(pool);
      Incoming start = start(journal);
      try (Intake stalling = stalling(journal)) {
        for (int i = 0; i < 2 * pool.getMaximumPoolSize(); i++) {
          handle(stalling, start);
        }
      }
      Awaitility.await("all connections are given back")
          .atMost(Duration.ofMinutes(1))
          .until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
    }
  }

  /** Each time the batch stalls; alone its saga takes no lock, and may be done in time. */
  private static void handle(Intake stalling, Incoming start) {
    try {
      assertThat(stalling.handle(List.of(start))).isEmpty();
    } catch (Trouble slow) {
      assertThat(slow).hasMessageContaining("did not answer");
    }
  }

  private Incoming start(Journal journal) {
    return new Instance(journal, relay, new Published(), StallTest::handler, Sagas.CHAIN)
        .record(Sagas.CHAIN, Signal.STARTED, "s");
  }

  private Intake stalling(Journal journal) {
    MemoryCodec codec = new MemoryCodec();
    Clock clock = Clock.fixed(Instance.NOW, ZoneOffset.UTC);
    HostedStep step =
        new HostedStep(
            Sagas.CHAIN, 0, handler(Sagas.CHAIN.steps().get(0)), false, Instance.OPTIONS);
    return new Intake(
        new Hands("stalling", PATIENCE),
        new Inbox(List.of(step), codec, Retention.FOREVER, List.of()),
        journal,
        relay,
        new Published(),
        new Emitter("tests", codec, clock, Tracing.PASSED_ON),
        new DueTimes());
  }

  private static Scripted handler(Step step) {
    return new Scripted(
        step, (request, saga) -> Scripted.done(step, saga), (completed, saga) -> {});
  }
}
