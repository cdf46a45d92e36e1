// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.Step;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Journal;
import dev.choreography.engine.Journal.Scope;
import dev.choreography.engine.Trouble;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An instance has vanished in mid-transaction, and PostgreSQL has not noticed: its connection is
 * open, and holds the lock that batches share. It is there until the end of each test.
 */
@ExtendWith(RealPrograms.class)
@Timeout(300)
class VanishedInstanceTest {

  private static final Step A = Sagas.CHAIN.step("a");
  private static final String KEY =
      "(hashtextextended(current_schema() || '.choreography_journal', 0))";
  private static final String SHARED = "SELECT pg_advisory_xact_lock_shared" + KEY;
  private static final String EXCLUSIVE = "SELECT pg_advisory_xact_lock" + KEY;

  private static Bookings bookings;

  private ScopesOf scopes;
  private Connection vanished;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "vanished");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    bookings.clear();
    vanished = connect();
    vanished.setAutoCommit(false);
    scopes = new ScopesOf(new JdbcJournal(bookings.database()));
  }

  @AfterEach
  void itIsStillThere() throws SQLException {
    execute(vanished, "SELECT 1");
    vanished.close();
    assertThat(bookings.database().getHikariPoolMXBean().getActiveConnections()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"08006", "53300", "57P03", "57014"})
  void after_other_trouble_than_a_deadlock_nobody_asks_to_be_alone(String sqlState)
      throws SQLException {
    execute(vanished, SHARED);
    raising(sqlState, 1);
    Instance instance = instance();
    assertThat(instance.handle(starts(instance, "s", 5))).isEmpty();
    assertThat(scopes.take())
        .startsWith(Scope.SWIFT, Scope.SAGA)
        .doesNotContain(Scope.BATCH_ALONE)
        .hasSize(6);
    assertThat(completed()).isEqualTo(5);
  }

  @Test
  void who_cannot_be_alone_after_a_deadlock_goes_on_saga_by_saga_and_asks_no_more()
      throws SQLException {
    execute(vanished, SHARED);
    raising("40P01", 1);
    Instance instance = instance();
    assertThat(instance.handle(starts(instance, "s", 5))).isEmpty();
    assertThat(scopes.take()).startsWith(Scope.SWIFT, Scope.BATCH_ALONE, Scope.SAGA).hasSize(2 + 5);
    assertThat(instance.handle(starts(instance, "t", 5))).isEmpty();
    assertThat(scopes.take()).containsExactly(Scope.SWIFT);
    assertThat(completed()).isEqualTo(10);
  }

  @Test
  void where_it_holds_the_exclusive_lock_all_sagas_go_on_one_by_one() throws SQLException {
    execute(vanished, EXCLUSIVE);
    Instance instance = instance();
    for (int i = 0; i < 3; i++) {
      assertThat(instance.handle(starts(instance, "s" + i + "-", 10))).isEmpty();
      assertThat(scopes.take()).startsWith(Scope.SWIFT, Scope.SAGA).hasSize(11);
    }
    assertThat(completed()).isEqualTo(30);
  }

  @Test
  void where_it_holds_the_exclusive_lock_what_is_due_is_taken_up() throws SQLException {
    raising("P0001", 2);
    Instance instance =
        bookings.instance(
            scopes,
            Instance.options(3, Duration.ofHours(1)),
            Clock.fixed(Instance.NOW, ZoneOffset.UTC));
    assertThat(instance.handle(starts(instance, "s", 1))).isEmpty();
    assertThat(bookings.state("s0", "a")).isEqualTo("RETRYING");
    bookings.makeDue();
    execute(vanished, EXCLUSIVE);
    instance.wake();
    assertThat(bookings.state("s0", "a")).isEqualTo("COMPLETED");
  }

  @Test
  void while_one_instance_meets_deadlocks_the_sagas_of_another_go_on() throws Exception {
    execute(vanished, SHARED);
    AtomicBoolean over = new AtomicBoolean();
    bookings
        .handler(A)
        .on(
            "hot",
            (request, saga) -> {
              if (!over.get()) {
                Bookings.raise(saga, "40P01");
              }
              return Scripted.done(A, saga);
            });
    Instance unlucky = bookings.instance();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<?> meeting =
          thread.submit(
              () -> {
                while (!over.get()) {
                  handleOrFail(unlucky);
                }
              });
      Instance other = instance();
      for (int i = 0; i < 20; i++) {
        assertThat(other.handle(starts(other, "s" + i + "-", 10))).isEmpty();
      }
      over.set(true);
      meeting.get(5, TimeUnit.MINUTES);
    } finally {
      thread.shutdownNow();
    }
    assertThat(completed()).isGreaterThanOrEqualTo(200);
    assertThat(scopes.take()).doesNotContain(Scope.BATCH_ALONE);
  }

  private static void handleOrFail(Instance unlucky) {
    try {
      unlucky.handle(unlucky.record(Sagas.CHAIN, Signal.STARTED, "hot"));
    } catch (Trouble again) {
      assertThat(again).hasMessageContaining("trouble");
    }
  }

  @Test
  void the_database_ends_it_after_twice_the_longest_call_and_ten_seconds() throws SQLException {
    assertThat(settingIn(new JdbcJournal(bookings.database()))).startsWith("30s");
    assertThat(settingIn(new JdbcJournal(bookings.database(), Duration.ofMinutes(2))))
        .startsWith("250s");
  }

  @Test
  void the_limit_on_the_wait_for_the_lock_is_none_on_the_statements_of_handlers()
      throws SQLException {
    bookings.execute("ALTER DATABASE vanished SET lock_timeout = '1234ms'");
    bookings.database().getHikariPoolMXBean().softEvictConnections();
    try {
      assertThat(settingIn(new JdbcJournal(bookings.database()))).endsWith("1234ms");
    } finally {
      bookings.execute("ALTER DATABASE vanished RESET lock_timeout");
      bookings.database().getHikariPoolMXBean().softEvictConnections();
    }
  }

  /** The settings that a handler finds. */
  private static String settingIn(JdbcJournal journal) throws SQLException {
    List<String> found = new ArrayList<>();
    bookings
        .handler(A)
        .on(
            "asks",
            (request, saga) -> {
              found.add(
                  show(saga.connection(), "idle_in_transaction_session_timeout")
                      + " "
                      + show(saga.connection(), "lock_timeout"));
              return Scripted.done(A, saga);
            });
    Instance instance = instance(journal);
    instance.handle(instance.record(Sagas.CHAIN, Signal.STARTED, "asks"));
    String once = found.get(0);
    assertThat(found).containsOnly(once);
    bookings.clear();
    // Minutes are shown as such.
    return once.replace("4min 10s", "250s");
  }

  @Test
  void handlers_that_never_use_the_connection_keep_no_transaction_idle() throws SQLException {
    List<String> last = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 3; i++) {
      bookings
          .handler(A)
          .on(
              "s" + i,
              (request, saga) -> {
                try (Connection look = connect()) {
                  last.add(lastStatement(look));
                }
                return Scripted.done(A, saga);
              });
    }
    Instance instance =
        instance(new JdbcJournal(bookings.database(), new BatchLock(Duration.ZERO, Duration.ZERO)));
    assertThat(instance.handle(starts(instance, "s", 3))).isEmpty();
    assertThat(last).hasSize(3).containsOnly("SELECT 1");
  }

  private static String lastStatement(Connection look) throws SQLException {
    try (Statement statement = look.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT query FROM pg_stat_activity WHERE datname = 'vanished' AND state = 'idle in transaction' ORDER BY state_change DESC")) {
      return result.next() ? result.getString(1) : "none";
    }
  }

  private Instance instance() {
    return instance(scopes);
  }

  private static Instance instance(Journal journal) {
    return bookings.instance(journal, Instance.OPTIONS, Clock.fixed(Instance.NOW, ZoneOffset.UTC));
  }

  /** The saga s0 meets this so many times before it is done. */
  private static void raising(String sqlState, int times) {
    AtomicInteger left = new AtomicInteger(times);
    bookings
        .handler(A)
        .on(
            "s0",
            (request, saga) -> {
              if (left.getAndDecrement() > 0) {
                Bookings.raise(saga, sqlState);
              }
              return Scripted.done(A, saga);
            });
  }

  private static Incoming[] starts(Instance instance, String prefix, int sagas) {
    return IntStream.range(0, sagas)
        .mapToObj(i -> instance.record(Sagas.CHAIN, Signal.STARTED, prefix + i))
        .toArray(Incoming[]::new);
  }

  private static int completed() throws SQLException {
    return Integer.parseInt(
        bookings
            .query("SELECT count(*) FROM choreography_journal WHERE state = 'COMPLETED'")
            .get(0));
  }

  private static Connection connect() throws SQLException {
    return DriverManager.getConnection(
        bookings.database().getJdbcUrl(),
        bookings.database().getUsername(),
        bookings.database().getPassword());
  }

  private static String show(Connection connection, String setting) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SHOW " + setting)) {
      result.next();
      return result.getString(1);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
