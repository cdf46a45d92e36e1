// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.engine.Housekeeping;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.Published;
import dev.choreography.engine.Retention;
import dev.choreography.local.Database;
import dev.choreography.local.LocalPostgres;
import dev.choreography.testbed.MemoryRelay;
import dev.choreography.testbed.RealPrograms;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/**
 * Writers that do what a database allows, while two instances sweep: at the end every event that
 * committed was published, and none that was rolled back. Nobody but the sweeps publishes. What has
 * committed is told by a table that each transaction writes beside the outbox.
 */
@Timeout(600)
class SweepAdversaryTest {

  /** More than any mechanism may need to believe that a row is settled. */
  private static final int ROUNDS = 8;

  private static final Duration LIMIT = Duration.ofMinutes(3);

  private static LocalPostgres postgres;

  private final MemoryRelay relay = new MemoryRelay();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private Database address;
  private HikariDataSource database;
  private List<Instance> instances = List.of();

  /** What sweeps in one process. */
  private record Instance(Housekeeping housekeeping, AtomicLong time) {
    void sweep() {
      time.addAndGet(Duration.ofHours(1).toNanos());
      housekeeping.run();
    }
  }

  @BeforeAll
  static void start() throws SQLException {
    postgres = LocalPostgres.start();
    administer("ALTER SYSTEM SET max_prepared_transactions = 10");
    postgres.kill();
    postgres.restart();
  }

  @AfterAll
  static void stop() {
    postgres.close();
  }

  @BeforeEach
  void open(TestInfo test) throws SQLException {
    String name = test.getTestMethod().orElseThrow().getName();
    address = postgres.createDatabase(name.substring(0, Math.min(name.length(), 60)));
    database = RealPrograms.pool(address);
    Migrations.apply(database);
    execute(
        "CREATE TABLE committed (saga_id text)",
        // Its own relay has had its time with each of them.
        "ALTER TABLE choreography_outbox ALTER created_at SET DEFAULT clock_timestamp() - interval '10 seconds'");
    restartInstances();
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    database.close();
  }

  @Test
  void the_first_event_of_a_fresh_database() throws SQLException {
    sweep();
    commit("first");
    assertAllPublished(1);
  }

  @Test
  void the_first_event_after_a_restart_of_everything() throws SQLException {
    commit("before");
    sweep();
    restartServer();
    restartInstances();
    sweep();
    commit("first");
    assertAllPublished(2);
  }

  @Test
  void a_transaction_that_stays_open_while_nothing_else_happens() throws SQLException {
    commit("before");
    sweep();
    try (Connection slow = begin()) {
      write(slow, "slow");
      sweep();
      slow.commit();
    }
    assertAllPublished(2);
  }

  @Test
  void transactions_that_stay_open_while_much_happens() throws SQLException {
    List<Connection> open = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      Connection slow = begin();
      open.add(slow);
      write(slow, "slow-" + i);
      commit("between-" + i);
      sweepOnce();
    }
    sweep();
    for (Connection slow : open) {
      slow.commit();
      slow.close();
      sweepOnce();
    }
    assertAllPublished(2 * ROUNDS);
  }

  @Test
  void transactions_and_savepoints_that_are_rolled_back() throws SQLException {
    try (Connection undone = begin();
        Connection half = begin()) {
      write(undone, "undone");
      write(half, "kept");
      execute(half, "SAVEPOINT here");
      write(half, "taken back");
      sweep();
      execute(half, "ROLLBACK TO SAVEPOINT here");
      undone.rollback();
      sweep();
      write(half, "kept, too");
      half.commit();
    }
    assertAllPublished(2);
  }

  @Test
  void transactions_that_are_prepared_and_decided_after_a_restart() throws SQLException {
    try (Connection one = begin();
        Connection other = begin()) {
      write(one, "kept");
      write(other, "undone");
      execute(one, "PREPARE TRANSACTION 'one'");
      execute(other, "PREPARE TRANSACTION 'other'");
    }
    sweep();
    restartServer();
    sweep();
    execute("COMMIT PREPARED 'one'", "ROLLBACK PREPARED 'other'");
    assertAllPublished(1);
  }

  @Test
  void a_sequence_that_caches_gives_lower_ids_later() throws SQLException {
    execute("ALTER TABLE choreography_outbox ALTER id SET CACHE 50");
    try (Connection low = begin();
        Connection high = begin()) {
      write(low, "low");
      low.commit();
      write(high, "high");
      high.commit();
      sweep();
      write(low, "low, later");
      low.commit();
    }
    assertAllPublished(3);
  }

  @Test
  void commits_that_stall_for_a_standby_and_clients_that_were_lost_meanwhile() throws Exception {
    stallCommits(() -> administer("SELECT pg_reload_conf()"));
  }

  @Test
  void commits_that_stall_for_a_standby_until_the_server_crashes() throws Exception {
    stallCommits(this::restartServer);
  }

  /** All five have committed as far as the server is concerned, whatever their clients heard. */
  private void stallCommits(Release release) throws Exception {
    commit("before");
    sweep();
    administer("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()");
    List<Connection> stalled = new ArrayList<>();
    List<Future<Boolean>> commits = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Connection connection = begin();
      stalled.add(connection);
      write(connection, "stalled-" + i);
      commits.add(threads.submit(() -> commits(connection)));
    }
    awaitStalled(5);
    sweep();
    stalled.get(0).abort(Runnable::run);
    administer(
        "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' LIMIT 2) AS two",
        // Releases nobody before the server has read it.
        "ALTER SYSTEM RESET synchronous_standby_names");
    release.release();
    for (Future<Boolean> commit : commits) {
      commit.get();
    }
    assertAllPublished(6);
  }

  /** Ends what commits wait for. */
  @FunctionalInterface
  private interface Release {
    void release() throws SQLException;
  }

  @Test
  void many_writers_of_every_kind_and_instances_that_restart() throws Exception {
    long seed = System.nanoTime();
    List<Future<Integer>> writers = new ArrayList<>();
    AtomicLong rounds = new AtomicLong();
    for (int writer = 0; writer < 6; writer++) {
      Random random = new Random(seed + writer);
      String name = "w" + writer;
      writers.add(threads.submit(() -> writeAtRandom(name, random, rounds)));
    }
    while (writers.stream().anyMatch(writer -> !writer.isDone())) {
      Future<?> one = threads.submit(instances.get(0)::sweep);
      instances.get(1).sweep();
      one.get();
      if (rounds.incrementAndGet() % 50 == 0) {
        restartInstances();
      }
    }
    int committed = 0;
    for (Future<Integer> writer : writers) {
      committed += writer.get();
    }
    assertAllPublished(committed);
  }

  /** Returns how many transactions committed. */
  private int writeAtRandom(String name, Random random, AtomicLong rounds) throws SQLException {
    int committed = 0;
    for (int i = 0; i < 60; i++) {
      try (Connection connection = begin()) {
        write(connection, name + "-" + i);
        long until = rounds.get() + random.nextInt(1 + random.nextInt(12));
        Awaitility.await().atMost(LIMIT).until(() -> rounds.get() >= until);
        switch (random.nextInt(5)) {
          case 0 -> connection.rollback();
          case 1 -> connection.abort(Runnable::run);
          default -> {
            connection.commit();
            committed++;
          }
        }
      }
    }
    return committed;
  }

  private void restartInstances() {
    List<Instance> started = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      AtomicLong time = new AtomicLong();
      started.add(
          new Instance(
              new Housekeeping(
                  new JdbcJournal(database),
                  relay,
                  new Published(),
                  () -> 0,
                  Retention.FOREVER,
                  time::get),
              time));
    }
    instances = List.copyOf(started);
  }

  private void restartServer() {
    postgres.kill();
    postgres.restart();
    database.getHikariPoolMXBean().softEvictConnections();
  }

  private void sweep() {
    for (int i = 0; i < ROUNDS; i++) {
      sweepOnce();
    }
  }

  private void sweepOnce() {
    instances.forEach(Instance::sweep);
  }

  private void assertAllPublished(int events) throws SQLException {
    sweep();
    List<String> committed = RealPrograms.query(database, "SELECT saga_id FROM committed");
    assertThat(committed).as("committed").hasSize(events);
    assertThat(relay.published())
        .extracting(OutboxEvent::sagaId)
        .as("published, in any order, perhaps more than once")
        .containsOnlyOnceElementsOf(committed)
        .hasSize(events);
    assertThat(RealPrograms.query(database, "SELECT saga_id FROM choreography_outbox")).isEmpty();
  }

  private static boolean commits(Connection connection) {
    try {
      connection.commit();
      return true;
    } catch (SQLException e) {
      return false;
    }
  }

  private void awaitStalled(int count) {
    Awaitility.await("commits that wait for the standby")
        .atMost(LIMIT)
        .until(
            () ->
                RealPrograms.query(
                            database,
                            "SELECT pid::text FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                        .size()
                    == count);
  }

  private void commit(String saga) throws SQLException {
    try (Connection connection = begin()) {
      write(connection, saga);
      connection.commit();
    }
  }

  private Connection begin() throws SQLException {
    Connection connection =
        DriverManager.getConnection(address.jdbcUrl(), address.user(), address.password());
    connection.setAutoCommit(false);
    return connection;
  }

  private static void write(Connection connection, String saga) throws SQLException {
    JdbcJournal.append(connection, new OutboxEvent("t", saga, new byte[] {1}, Map.of()));
    execute(connection, "INSERT INTO committed VALUES ('" + saga + "')");
  }

  private void execute(String... statements) throws SQLException {
    try (Connection connection = database.getConnection()) {
      execute(connection, statements);
    }
  }

  private static void administer(String... statements) throws SQLException {
    Database admin = postgres.adminDatabase();
    try (Connection connection =
        DriverManager.getConnection(admin.jdbcUrl(), admin.user(), admin.password())) {
      execute(connection, statements);
    }
  }

  private static void execute(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}
