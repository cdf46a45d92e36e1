// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.engine.Housekeeping;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Published;
import dev.choreography.engine.Relay;
import dev.choreography.engine.Retention;
import dev.choreography.kafka.KafkaRelay;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A sweep takes the outbox in pages that fit into memory, and no topic holds up another. */
@ExtendWith(RealPrograms.class)
@Timeout(300)
class SweepPagesTest {

  private static HikariDataSource database;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    database = RealPrograms.pool(environment.createDatabase("sweep_pages"));
    Migrations.apply(database);
  }

  @AfterAll
  static void close() {
    database.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    execute("TRUNCATE choreography_outbox");
  }

  @Test
  void large_events_are_read_few_at_a_time_and_published_in_one_round() throws SQLException {
    append("large", 40, 1024 * 1024);
    append("larger than a page", 2, JdbcJournal.SWEEP_BYTES + 1);
    append("small", 100, 1);
    Pages pages = new Pages();
    housekeeping(pages).run();
    assertThat(pages.bytes.stream().filter(bytes -> bytes > JdbcJournal.SWEEP_BYTES))
        .as("pages above the limit: each holds one event that is larger itself")
        .containsExactly(JdbcJournal.SWEEP_BYTES + 1L, JdbcJournal.SWEEP_BYTES + 1L);
    assertThat(pages.bytes).as("pages").hasSizeLessThan(12);
    assertThat(outbox()).isEmpty();
  }

  /** Without a limit on the waiting for acknowledgements this takes ten minutes. */
  @Test
  void a_topic_that_acknowledges_nothing_holds_up_no_other(LocalEnvironment environment)
      throws Exception {
    Properties kafka = RealPrograms.kafka(environment);
    kafka.setProperty("delivery.timeout.ms", "600000");
    kafka.setProperty("max.block.ms", "1000");
    try (Admin admin = Admin.create(kafka);
        KafkaRelay relay = new KafkaRelay(KafkaSettings.of(kafka), "none")) {
      admin
          .createTopics(
              List.of(
                  new NewTopic("sweep_stalled", 2, (short) 1),
                  new NewTopic("sweep_healthy", 2, (short) 1)))
          .all()
          .get();
      append("sweep_stalled", 1, 10);
      housekeeping(relay).run();
      assertThat(outbox()).as("the producer knows the topic's partitions").isEmpty();
      admin.deleteTopics(List.of("sweep_stalled")).all().get();
      append("sweep_stalled", 1_000, 10);
      append("sweep_healthy", 1_200, 10);
      housekeeping(relay).run();
      assertThat(outbox()).hasSize(1_000).containsOnly("sweep_stalled");
    }
  }

  @Test
  void a_topic_that_is_not_there_holds_up_no_other(LocalEnvironment environment) throws Exception {
    Properties kafka = RealPrograms.kafka(environment);
    kafka.setProperty("max.block.ms", "1000");
    try (Admin admin = Admin.create(kafka);
        KafkaRelay relay = new KafkaRelay(KafkaSettings.of(kafka), "none")) {
      admin.createTopics(List.of(new NewTopic("sweep_there", 2, (short) 1))).all().get();
      append("sweep_gone", 1_000, 10);
      append("sweep_there", 1_200, 10);
      housekeeping(relay).run();
      assertThat(outbox()).hasSize(1_000).containsOnly("sweep_gone");
    }
  }

  private static Housekeeping housekeeping(Relay relay) {
    // No time passes, so a round is cut by nothing.
    return new Housekeeping(
        new JdbcJournal(database), relay, new Published(), () -> 0, Retention.FOREVER, () -> 0);
  }

  /** Takes everything, and remembers how much it was given at once. */
  private static final class Pages implements Relay {
    private final List<Long> bytes = new ArrayList<>();

    @Override
    public void publish(List<OutboxRow> rows, Consumer<OutboxId> acknowledged) {
      bytes.add(rows.stream().mapToLong(row -> row.event().value().length).sum());
      rows.forEach(row -> acknowledged.accept(row.id()));
    }

    @Override
    public void flush() {
      // Everything is acknowledged.
    }

    @Override
    public Set<String> unreachable() {
      return Set.of();
    }
  }

  private static List<String> outbox() throws SQLException {
    return RealPrograms.query(database, "SELECT topic FROM choreography_outbox");
  }

  /** Rows that a relay had its time with, of random bytes, which compression makes no smaller. */
  private static void append(String topic, int rows, int bytes) throws SQLException {
    execute(
        """
        INSERT INTO choreography_outbox (topic, saga_id, value, headers, created_at)
        SELECT '%s', 's' || number,
               (SELECT substring(string_agg(sha512((number || ':' || part)::text::bytea), '') FROM 1 FOR %d)
                  FROM generate_series(0, %d / 64) AS part),
               '{}', clock_timestamp() - interval '10 seconds'
          FROM generate_series(1, %d) AS number
        """
            .formatted(topic, bytes, bytes, rows));
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
