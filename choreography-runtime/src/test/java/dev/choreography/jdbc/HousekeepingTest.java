// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.engine.Housekeeping;
import dev.choreography.engine.Journal;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Published;
import dev.choreography.engine.Relay;
import dev.choreography.engine.Retention;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.MemoryRelay;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(RealPrograms.class)
@Timeout(300)
class HousekeepingTest {

  private static HikariDataSource database;

  private final MemoryRelay relay = new MemoryRelay();
  private final Published published = new Published();
  private final AtomicLong batches = new AtomicLong();
  private final AtomicLong time = new AtomicLong();
  private Journal journal;
  private Housekeeping housekeeping;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    database = RealPrograms.pool(environment.createDatabase("housekeeping"));
    Migrations.apply(database);
  }

  @AfterAll
  static void close() {
    database.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    execute("TRUNCATE choreography_journal, choreography_outbox, choreography_position");
    journal = new JdbcJournal(database);
    housekeeping =
        new Housekeeping(journal, relay, published, batches::get, Retention.FOREVER, time::get);
  }

  @Test
  void an_event_that_was_never_published_is_published_after_five_seconds() throws SQLException {
    append("s");
    keepHouse();
    assertThat(relay.published()).as("its own relay has it in hand").isEmpty();
    pass(4);
    keepHouse();
    assertThat(relay.published()).isEmpty();
    pass(2);
    keepHouse();
    assertThat(relay.published()).hasSize(1);
    assertThat(relay.published().get(0)).usingRecursiveComparison().isEqualTo(event("s"));
    assertThat(outbox()).isZero();
  }

  @Test
  void an_event_that_was_rolled_back_is_never_published() throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      JdbcJournal.append(connection, event("s"));
      connection.rollback();
    }
    pass(10);
    keepHouse();
    assertThat(relay.published()).isEmpty();
  }

  @Test
  void an_event_that_the_broker_does_not_have_stays_until_it_does() throws SQLException {
    append("s");
    pass(10);
    relay.away(true);
    keepHouse();
    assertThat(outbox()).isOne();
    relay.away(false);
    keepHouse();
    assertThat(relay.published()).hasSize(1);
    assertThat(outbox()).isZero();
  }

  @Test
  void many_events_are_published_in_one_round_and_in_their_order() throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      for (int i = 0; i < 1_200; i++) {
        JdbcJournal.append(connection, event("s" + i));
      }
      connection.commit();
    }
    pass(10);
    keepHouse();
    assertThat(relay.published()).hasSize(1_200);
    assertThat(relay.published().get(1_199).sagaId()).isEqualTo("s1199");
    assertThat(outbox()).isZero();
  }

  @Test
  void what_the_broker_refuses_for_ever_keeps_nothing_else_from_being_published()
      throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      for (int i = 0; i < 1_200; i++) {
        JdbcJournal.append(connection, event("refused"));
      }
      JdbcJournal.append(connection, event("s"));
      connection.commit();
    }
    pass(10);
    relay.refusing("refused");
    keepHouse();
    assertThat(relay.published()).extracting(OutboxEvent::sagaId).containsExactly("s");
    assertThat(outbox()).isEqualTo(1_200);
  }

  @Test
  void topics_that_cannot_be_reached_are_passed_over() throws SQLException {
    append("s");
    pass(10);
    relay.reachingAllBut("started");
    assertThat(journal.sweep(relay, published, 0, 10).rows()).isZero();
    relay.reachingAllBut();
    assertThat(journal.sweep(relay, published, 0, 10).published()).isOne();
  }

  @Test
  void a_broker_that_is_away_does_not_keep_housekeeping_from_ending() throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      for (int i = 0; i < 1_200; i++) {
        JdbcJournal.append(connection, event("s" + i));
      }
      connection.commit();
    }
    pass(10);
    relay.away(true);
    keepHouse();
    assertThat(outbox()).isEqualTo(1_200);
  }

  @Test
  void what_is_published_leaves_with_the_next_batch() throws SQLException {
    Instance instance = instance();
    instance.handle(instance.record(Sagas.CHAIN, Signal.STARTED, "s"));
    assertThat(outbox()).isOne();
    instance.handle(instance.record(Sagas.CHAIN, Signal.STARTED, "t"));
    assertThat(query("SELECT count(*) FROM choreography_outbox WHERE saga_id = 's'")).isZero();
    assertThat(outbox()).isOne();
  }

  @Test
  void what_is_published_leaves_alone_when_it_is_quiet() throws SQLException {
    Instance instance = instance();
    instance.handle(instance.record(Sagas.CHAIN, Signal.STARTED, "s"));
    batches.incrementAndGet();
    keepHouse();
    assertThat(outbox()).as("a batch came by, another may").isOne();
    keepHouse();
    assertThat(outbox()).isZero();
    assertThat(relay.published()).hasSize(1);
  }

  @Test
  void two_sweepers_do_not_both_publish_and_hold_no_row_meanwhile() throws Exception {
    append("s");
    pass(10);
    SlowRelay slow = new SlowRelay(relay);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<Journal.Swept> first = thread.submit(() -> journal.sweep(slow, published, 0, 10));
      slow.publishing.await();
      assertThat(new JdbcJournal(database).sweep(relay, published, 0, 10).rows()).isZero();
      execute("SELECT * FROM choreography_outbox FOR UPDATE NOWAIT");
      slow.acknowledge.countDown();
      assertThat(first.get().published()).isOne();
    } finally {
      thread.shutdownNow();
    }
    assertThat(relay.published()).hasSize(1);
    assertThat(journal.sweep(relay, published, 0, 10).rows()).isZero();
  }

  @Test
  void a_sweeper_that_stands_still_while_it_publishes_keeps_no_other_from_sweeping()
      throws Exception {
    append("s");
    pass(10);
    SlowRelay still = new SlowRelay(new MemoryRelay());
    Journal frozen =
        new JdbcJournal(database, new BatchLock(Duration.ofSeconds(10)), Duration.ofMillis(500));
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<Journal.Swept> first = thread.submit(() -> frozen.sweep(still, published, 0, 10));
      still.publishing.await();
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> journal.sweep(relay, published, 0, 10).published() == 1);
      still.acknowledge.countDown();
      assertThat(first).failsWithin(Duration.ofMinutes(2));
    } finally {
      thread.shutdownNow();
    }
    assertThat(published.take()).as("what the first one had acknowledged").hasSize(1);
  }

  private record SlowRelay(Relay to, CountDownLatch publishing, CountDownLatch acknowledge)
      implements Relay {

    SlowRelay(Relay to) {
      this(to, new CountDownLatch(1), new CountDownLatch(1));
    }

    @Override
    public void publish(List<OutboxRow> rows, Consumer<OutboxId> acknowledged) {
      to.publish(rows, acknowledged);
    }

    @Override
    public Set<String> unreachable() {
      return to.unreachable();
    }

    @Override
    public void flush() {
      publishing.countDown();
      try {
        acknowledge.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException("the test has ended", e);
      }
    }
  }

  /** Long after the round before, so that a sweep is due however long the last one took. */
  private void keepHouse() {
    time.addAndGet(Duration.ofHours(1).toNanos());
    housekeeping.run();
  }

  private Instance instance() {
    return new Instance(
        journal,
        relay,
        published,
        step ->
            new Scripted(
                step, (request, saga) -> Scripted.done(step, saga), (completed, saga) -> {}),
        Sagas.CHAIN);
  }

  private static OutboxEvent event(String sagaId) {
    return new OutboxEvent(
        "started", sagaId, new byte[] {0, 1, 2}, Map.of("header", "värde \"1\""));
  }

  private static void append(String sagaId) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      JdbcJournal.append(connection, event(sagaId));
      connection.commit();
    }
  }

  /** As if so much time had passed since what is in the outbox was written. */
  private static void pass(int seconds) throws SQLException {
    execute(
        "UPDATE choreography_outbox SET created_at = created_at - interval '%d seconds'"
            .formatted(seconds));
  }

  private static long outbox() throws SQLException {
    return query("SELECT count(*) FROM choreography_outbox");
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long query(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getLong(1);
    }
  }
}
