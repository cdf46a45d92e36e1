// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.Step;
import dev.choreography.StepOptions;
import dev.choreography.engine.Incoming;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A handler that hangs costs its saga attempts and the others a moment. */
@ExtendWith(RealPrograms.class)
@Timeout(60)
class OverdueTest {

  private static final StepOptions HASTY =
      Instance.options(2, Duration.ZERO).withTimeLimit(Duration.ofMillis(300));
  private static final Step A = Sagas.CHAIN.step("a");

  private static Bookings bookings;

  private final CountDownLatch testIsOver = new CountDownLatch(1);
  private final List<Integer> attempts = Collections.synchronizedList(new ArrayList<>());
  private Instance instance;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "overdue");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
    instance = bookings.instance(HASTY);
  }

  @AfterEach
  void letGo() {
    testIsOver.countDown();
  }

  @Test
  void a_handler_that_ignores_its_interruption_is_left_behind_and_its_attempts_count()
      throws SQLException {
    hang("s", connection -> ignoreInterruption());
    instance.handle(start("before"), start("s"), start("later"));
    assertThat(bookings.seats()).containsExactly("before a 0", "later a 0");
    assertThat(bookings.state("s", "a")).isEqualTo("RETRYING");
    instance.handle(start("other"));
    assertThat(bookings.state("other", "a")).isEqualTo("COMPLETED");
    instance.wake();
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings.query("SELECT error FROM choreography_journal WHERE saga_id = 's'"))
        .containsExactly("TimeoutException: execute took more than PT0.3S");
    assertThat(attempts).containsExactly(1, 2);
  }

  @Test
  void what_was_left_behind_commits_nothing_and_calls_nothing_more() throws SQLException {
    List<String> calls = Collections.synchronizedList(new ArrayList<>());
    bookings
        .handler("a")
        .on(
            "s",
            (request, saga) -> {
              ignoreInterruption();
              return Scripted.done(A, saga);
            });
    for (String id : List.of("t", "u")) {
      bookings
          .handler("a")
          .on(
              id,
              (request, saga) -> {
                calls.add(id);
                Bookings.take(saga, A);
                return Scripted.done(A, saga);
              });
    }
    instance.handle(start("s"), start("t"), start("u"));
    instance.wake();
    int emitted = bookings.relay().published().size();
    testIsOver.countDown();
    Awaitility.await("the threads that were left behind end")
        .atMost(Duration.ofSeconds(10))
        .until(() -> leftBehind() == 0);
    assertThat(calls).containsExactly("t", "u");
    assertThat(bookings.relay().published()).hasSize(emitted);
    assertThat(bookings.seats()).containsExactly("t a 0", "u a 0");
    assertThat(bookings.state("s", "a")).isEqualTo("FAILED");
  }

  /** Threads in which a handler of this test is under way. */
  private long leftBehind() {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(
            thread ->
                List.of(thread.getValue()).stream()
                    .anyMatch(frame -> frame.getMethodName().equals("ignoreInterruption")))
        .count();
  }

  @Test
  void a_handler_that_hangs_in_the_database_holds_no_locks_there() throws SQLException {
    hang(
        "s",
        connection -> {
          try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_sleep(3600)");
          }
        });
    long began = System.nanoTime();
    instance.handle(start("before"), start("s"), start("later"));
    instance.wake();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    assertThat(bookings.seats()).containsExactly("before a 0", "later a 0");
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(attempts).containsExactly(1, 2);
    assertThat(
            bookings.query(
                "SELECT query FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"))
        .isEmpty();
  }

  @Test
  void a_handler_that_heeds_its_interruption_counts_one_attempt_for_it() throws SQLException {
    hang("s", connection -> testIsOver.await());
    instance.handle(start("s"), start("t"));
    assertThat(attempts).containsExactly(1);
    assertThat(isEveryConnectionAlive()).as("no connection that was given back is ended").isTrue();
    instance.wake();
    assertThat(attempts).containsExactly(1, 2);
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings.state("t", "a")).isEqualTo("COMPLETED");
  }

  @Test
  void many_that_hang_leave_no_connection_behind_and_do_not_undo_the_others() throws SQLException {
    List<Incoming> batch = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      hang("hangs " + i, connection -> ignoreInterruption());
      batch.add(start("hangs " + i));
      batch.add(start("runs " + i));
    }
    instance.handle(batch.toArray(Incoming[]::new));
    assertThat(
            bookings.query("SELECT count(*) FROM choreography_journal WHERE state = 'COMPLETED'"))
        .containsExactly("10");
    assertThat(bookings.query("SELECT count(*) FROM choreography_journal WHERE state = 'RETRYING'"))
        .containsExactly("10");
    instance.wake();
    assertThat(bookings.query("SELECT count(*) FROM choreography_journal WHERE state = 'FAILED'"))
        .containsExactly("10");
    assertThat(bookings.database().getHikariPoolMXBean().getActiveConnections()).isZero();
    assertThat(bookings.seats()).hasSize(10);
  }

  @Test
  void a_compensation_that_hangs_is_parked() throws SQLException {
    bookings.handler("a").undoing("s", (completed, saga) -> ignoreInterruption());
    instance.handle(start("s"));
    instance.handle(instance.record(Sagas.CHAIN, Signal.failed(1), "s"));
    instance.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("PARKED");
    assertThat(bookings.seats()).containsExactly("s a 0");
  }

  /** Whether every pooled connection still works. */
  private static boolean isEveryConnectionAlive() throws SQLException {
    List<Connection> all = new ArrayList<>();
    try {
      for (int i = 0; i < bookings.database().getHikariPoolMXBean().getIdleConnections(); i++) {
        all.add(bookings.database().getConnection());
      }
      for (Connection connection : all) {
        try (Statement statement = connection.createStatement()) {
          statement.execute("SELECT 1");
        }
      }
      return true;
    } catch (SQLException e) {
      return false;
    } finally {
      for (Connection connection : all) {
        connection.close();
      }
    }
  }

  private void hang(String sagaId, Hanging hanging) {
    bookings
        .handler("a")
        .on(
            sagaId,
            (request, saga) -> {
              attempts.add(saga.attempt());
              Bookings.take(saga, A);
              hanging.hang(saga.connection());
              return Scripted.done(A, saga);
            });
  }

  private void ignoreInterruption() {
    while (testIsOver.getCount() > 0) {
      try {
        if (testIsOver.await(1, TimeUnit.HOURS)) {
          return;
        }
      } catch (InterruptedException e) {
        // As a careless author would.
      }
    }
  }

  private Incoming start(String sagaId) {
    return instance.record(Sagas.CHAIN, Signal.STARTED, sagaId);
  }

  /** What takes too long. */
  @FunctionalInterface
  private interface Hanging {
    void hang(Connection connection) throws Exception;
  }
}
