// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.Choreography;
import dev.choreography.RetryPolicy;
import dev.choreography.Step;
import dev.choreography.StepOptions;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import dev.choreography.testevents.Started;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What failed technically waits in the journal, and is tried again from there. */
@ExtendWith(RealPrograms.class)
class RetriesTest {

  private static final StepOptions PATIENT = Instance.options(3, Duration.ofHours(1));
  private static final Step A = Sagas.CHAIN.step("a");
  private static final Step B = Sagas.FORK.step("b");

  private static Bookings bookings;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "retries");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
  }

  @Test
  void a_retry_waits_in_the_journal_and_its_neighbours_are_done() throws SQLException {
    Instance instance = bookings.instance(PATIENT);
    failing("s", A, 1);
    instance.handle(start(instance, "before"), start(instance, "s"), start(instance, "later"));
    instance.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("RETRYING");
    assertThat(bookings.seats()).containsExactly("before a 0", "later a 0");
    assertThat(
            bookings.query(
                "SELECT due - now() > interval '59 min' FROM choreography_journal WHERE saga_id = 's'"))
        .containsExactly("t");

    bookings.makeDue();
    bookings.instance(PATIENT).wake();
    assertThat(bookings.state("s", "a")).isEqualTo("COMPLETED");
    assertThat(bookings.seats()).containsExactly("before a 0", "later a 0", "s a 0");
    assertThat(bookings.query("SELECT due FROM choreography_journal")).containsOnlyNulls();
  }

  @Test
  void a_step_that_is_told_to_abort_is_not_tried_again() throws SQLException {
    Instance instance = bookings.instance(PATIENT);
    failing("s", B, 1);
    instance.handle(record(instance, Sagas.FORK, Signal.completed(0), "s"));
    assertThat(bookings.state(Sagas.FORK, "s", "b")).isEqualTo("RETRYING");
    instance.handle(record(instance, Sagas.FORK, Signal.failed(2), "s"));
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.state(Sagas.FORK, "s", "b")).isEqualTo("SKIPPED");
    assertThat(bookings.emitted("s"))
        .contains("compensated_b skipped")
        .doesNotContain("completed_b");
    assertThat(bookings.query("SELECT due FROM choreography_journal WHERE step = 'b'"))
        .containsOnlyNulls();
  }

  @Test
  void a_step_that_is_cancelled_is_not_tried_again() throws SQLException {
    Instance instance = bookings.instance(PATIENT);
    failing("s", A, 1);
    instance.handle(start(instance, "s"));
    instance.handle(record(instance, Sagas.CHAIN, Signal.CANCELLED, "s"));
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("FAILED");
    assertThat(bookings.emitted("s")).containsOnlyOnce("failed_a cancelled");
    assertThat(bookings.seats()).isEmpty();
  }

  @Test
  void a_step_is_not_tried_again_after_the_deadline_nor_waits_much_longer() throws SQLException {
    Instance instance = bookings.instance(Instance.options(3, Duration.ofHours(20)));
    failing("s", A, 1);
    Instant deadline =
        Instant.parse(
            bookings
                .query(
                    "SELECT to_char(now() AT TIME ZONE 'UTC' + interval '1 hour', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
                .get(0));
    instance.handle(instance.record(Sagas.CHAIN, new Started("s", ""), deadline));
    assertThat(
            bookings.query(
                "SELECT due - now() < interval '61 min' FROM choreography_journal WHERE saga_id = 's'"))
        .as("the deadline is in an hour")
        .containsExactly("t");
    bookings.makeDue();
    Clock late = Clock.fixed(deadline, ZoneOffset.UTC);
    bookings.instance(PATIENT, late, late).wake();
    assertThat(bookings.emitted("s")).containsExactly("failed_a deadline");
    assertThat(bookings.seats()).isEmpty();
  }

  @Test
  void what_came_of_a_retry_names_what_led_to_it() throws SQLException {
    Instance instance = bookings.instance(PATIENT);
    failing("s", B, 1);
    bookings.handler(B).undoing("s", failingOnce(B));
    instance.handle(traced(instance, Signal.completed(0), "the cause"));
    instance.handle(record(instance, Sagas.FORK, Signal.completed(2), "s"));
    bookings.makeDue();
    instance.wake();
    assertThat(headersOf("completed_b"))
        .containsEntry(EventHeaders.CAUSATION, "the cause")
        .containsEntry(EventHeaders.TRACE_PARENT, "trace of the cause")
        .containsEntry(EventHeaders.RECEIVED, Instance.NOW.toString())
        .containsKeys(EventHeaders.STARTED, EventHeaders.TIME, EventHeaders.DEADLINE);
  }

  @Test
  void what_came_of_a_compensation_tried_again_names_what_led_to_it() throws SQLException {
    Instance instance = bookings.instance(PATIENT);
    bookings.handler(B).undoing("s", failingOnce(B));
    instance.handle(record(instance, Sagas.FORK, Signal.completed(0), "s"));
    instance.handle(traced(instance, Signal.failed(2), "the cause"));
    assertThat(bookings.state(Sagas.FORK, "s", "b")).isEqualTo("COMPENSATING");
    bookings.makeDue();
    instance.wake();
    assertThat(headersOf("compensated_b"))
        .containsEntry(EventHeaders.CAUSATION, "the cause")
        .containsEntry(EventHeaders.TRACE_PARENT, "trace of the cause")
        .containsEntry(EventHeaders.RECEIVED, Instance.NOW.toString())
        .containsEntry(EventHeaders.OUTCOME, "compensated");
  }

  @Test
  void attempts_are_counted_for_each_direction_anew() throws SQLException {
    Instance instance = bookings.instance();
    List<String> attempts = Collections.synchronizedList(new ArrayList<>());
    bookings
        .handler("a")
        .on(
            "s",
            (request, saga) -> {
              attempts.add("execute " + saga.attempt());
              if (saga.attempt() < 3) {
                throw new IllegalStateException("not yet");
              }
              Bookings.take(saga, A);
              return Scripted.done(A, saga);
            });
    bookings
        .handler("a")
        .undoing(
            "s",
            (completed, saga) -> {
              attempts.add("compensate " + saga.attempt());
              Bookings.giveBack(saga, A);
              if (saga.attempt() < 3) {
                throw new IllegalStateException("not yet");
              }
            });
    instance.handle(start(instance, "s"));
    instance.wake();
    instance.handle(record(instance, Sagas.CHAIN, Signal.failed(1), "s"));
    instance.wake();
    assertThat(attempts)
        .containsExactly(
            "execute 1", "execute 2", "execute 3", "compensate 1", "compensate 2", "compensate 3");
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "compensated_a compensated");
    assertThat(bookings.seats()).isEmpty();
  }

  @Test
  void a_final_exception_ends_the_tries() throws SQLException {
    RetryPolicy retries =
        RetryPolicy.defaults().withFinal(IllegalArgumentException.class::isInstance);
    Instance instance =
        bookings.instance(StepOptions.defaults().withExecution(retries).withCompensation(retries));
    bookings
        .handler("a")
        .on(
            "s",
            (request, saga) -> {
              throw new IllegalArgumentException("for good");
            });
    bookings
        .handler("a")
        .undoing(
            "t",
            (completed, saga) -> {
              throw new IllegalArgumentException("for good");
            });
    instance.handle(start(instance, "s"), start(instance, "t"));
    instance.handle(record(instance, Sagas.CHAIN, Signal.failed(1), "t"));
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings.state("t", "a")).isEqualTo("PARKED");
  }

  @Test
  void a_policy_that_throws_itself_counts_as_not_final() throws SQLException {
    RetryPolicy retries =
        RetryPolicy.defaults()
            .withFinal(
                e -> {
                  throw new IllegalStateException("a careless policy");
                });
    Instance instance = bookings.instance(StepOptions.defaults().withExecution(retries));
    failing("s", A, 1);
    instance.handle(start(instance, "s"));
    assertThat(bookings.state("s", "a")).isEqualTo("RETRYING");
  }

  @Test
  void what_failed_together_is_not_tried_again_together() throws SQLException {
    Instance instance = bookings.instance(StepOptions.defaults());
    IntStream.range(0, 100).forEach(i -> failing("s" + i, A, 1));
    instance.handle(
        IntStream.range(0, 100).mapToObj(i -> start(instance, "s" + i)).toArray(Incoming[]::new));
    List<String> due =
        bookings.query(
            "SELECT extract(epoch FROM due - min(due) OVER ()) FROM choreography_journal");
    assertThat(new HashSet<>(due)).hasSizeGreaterThan(30);
  }

  @Test
  void instances_that_look_at_once_try_each_again_once() throws SQLException {
    Instance instance = bookings.instance();
    List<String> calls = Collections.synchronizedList(new ArrayList<>());
    List<Incoming> starts = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String id = "s" + i;
      starts.add(start(instance, id));
      bookings
          .handler("a")
          .on(
              id,
              (request, saga) -> {
                if (saga.attempt() == 1) {
                  throw new IllegalStateException("not yet");
                }
                calls.add(saga.sagaId());
                Bookings.take(saga, A);
                return Scripted.done(A, saga);
              });
    }
    instance.handle(starts.toArray(Incoming[]::new));
    CompletableFuture.allOf(
            CompletableFuture.runAsync(bookings.instance()::wake),
            CompletableFuture.runAsync(bookings.instance()::wake),
            CompletableFuture.runAsync(bookings.instance()::wake))
        .join();
    assertThat(calls).hasSize(500).doesNotHaveDuplicates();
    assertThat(bookings.seats()).hasSize(500);
  }

  @Test
  void what_no_instance_here_hosts_is_in_nobodys_way() throws SQLException {
    Instance instance = bookings.instance();
    bookings.execute(
        """
        INSERT INTO choreography_journal
               (choreography, saga_id, step, version, state, heard, deadline, due)
        SELECT 'chain', 'newer ' || i, 'a', 99, 'RETRYING', 1, '1970-01-01', '1970-01-01'
          FROM generate_series(1, 3000) AS i
        """);
    failing("s", A, 1);
    instance.handle(start(instance, "s"));
    instance.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("COMPLETED");
    assertThat(bookings.query("SELECT count(*) FROM choreography_journal WHERE state = 'RETRYING'"))
        .containsExactly("3000");
  }

  @Test
  void trouble_over_one_row_that_is_due_keeps_no_other_from_its_turn() throws SQLException {
    Instance instance = bookings.instance();
    failing("s", A, 1);
    failing("u", A, 1);
    bookings
        .handler("a")
        .on(
            "t",
            (request, saga) -> {
              if (saga.attempt() == 1) {
                throw new IllegalStateException("not yet");
              }
              Bookings.raise(saga, "08006");
              return Scripted.done(A, saga);
            });
    instance.handle(start(instance, "s"), start(instance, "t"), start(instance, "u"));
    try {
      instance.wake();
    } catch (RuntimeException e) {
      assertThat(e).hasMessageContaining("trouble");
    }
    assertThat(bookings.state("s", "a")).isEqualTo("COMPLETED");
    assertThat(bookings.state("t", "a")).isEqualTo("RETRYING");
    assertThat(bookings.state("u", "a")).isEqualTo("COMPLETED");
  }

  private static Scripted.Compensation failingOnce(Step step) {
    AtomicInteger calls = new AtomicInteger();
    return (completed, saga) -> {
      Bookings.giveBack(saga, step);
      if (calls.incrementAndGet() == 1) {
        throw new IllegalStateException("not yet");
      }
    };
  }

  private static void failing(String sagaId, Step step, int times) {
    bookings
        .handler(step)
        .on(
            sagaId,
            (request, saga) -> {
              Bookings.take(saga, step);
              if (saga.attempt() <= times) {
                throw new IllegalStateException("not yet");
              }
              return Scripted.done(step, saga);
            });
  }

  private static Map<String, String> headersOf(String topic) {
    return bookings.relay().of("s").stream()
        .filter(event -> event.topic().equals(topic))
        .map(OutboxEvent::headers)
        .findFirst()
        .orElseThrow();
  }

  private static Incoming traced(Instance instance, Signal signal, String id) {
    Incoming plain = record(instance, Sagas.FORK, signal, "s");
    return Instance.with(
        Instance.with(plain, EventHeaders.ID, id), EventHeaders.TRACE_PARENT, "trace of " + id);
  }

  private static Incoming start(Instance instance, String sagaId) {
    return record(instance, Sagas.CHAIN, Signal.STARTED, sagaId);
  }

  private static Incoming record(
      Instance instance, Choreography choreography, Signal signal, String sagaId) {
    return instance.record(choreography, signal, sagaId);
  }
}
