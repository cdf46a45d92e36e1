// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepOptions;
import dev.choreography.control.Cancel;
import dev.choreography.control.Parked;
import dev.choreography.control.Resolve;
import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Trouble;
import dev.choreography.engine.UnwritableEventException;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import dev.choreography.testevents.CompensatedA;
import dev.choreography.testevents.CompensatedB;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.FailedA;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An event that cannot be written keeps its own saga waiting, and no other. */
@ExtendWith(RealPrograms.class)
class RefusedEventsTest {

  private static final StepOptions PATIENT = Instance.options(3, Duration.ofHours(1));
  private static final Step A = Sagas.CHAIN.step("a");

  /** More than the timers lock at once. */
  private static final int MANY = 150;

  private static Bookings bookings;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "refused_events");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
  }

  private static void refuse(Instance instance, Class<?> type) {
    instance
        .codec()
        .refuses(
            event ->
                type.isInstance(event) && !event.get(0).equals("other")
                    ? new UnwritableEventException("the registry says no", new IOException("409"))
                    : null);
  }

  private static void accept(Instance instance) {
    instance.codec().refuses(event -> null);
  }

  @Test
  void a_completed_event_that_is_refused_is_no_attempt_and_compensates_nothing()
      throws SQLException {
    List<Integer> attempts = new ArrayList<>();
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              attempts.add(saga.attempt());
              Bookings.take(saga, A);
              return Scripted.done(A, saga);
            });
    Instance instance = bookings.instance();
    refuse(instance, CompletedA.class);
    assertThat(instance.handle(start(instance, "s"), start(instance, "other"))).isEmpty();
    for (int i = 0; i < 5; i++) {
      bookings.makeDue();
      instance.wake();
    }
    assertThat(attempts).hasSizeGreaterThan(5).containsOnly(1);
    assertWaits("s", "RETRYING");
    assertThat(bookings.seats()).containsExactly("other a 0");

    accept(instance);
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
    assertThat(bookings.seats()).containsExactly("other a 0", "s a 0");
  }

  @Test
  void a_rejection_whose_event_is_refused_is_no_attempt() throws SQLException {
    bookings.handler(A).on("s", (request, saga) -> Scripted.rejected(A, saga));
    Instance instance = bookings.instance();
    refuse(instance, FailedA.class);
    instance.handle(start(instance, "s"));
    assertWaits("s", "RETRYING");
    accept(instance);
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.emitted("s")).containsExactly("failed_a rejected");
  }

  @Test
  void a_step_that_gives_up_waits_until_it_can_say_so() throws SQLException {
    bookings.handler(A).on("s", (request, saga) -> throwing());
    Instance instance = bookings.instance();
    refuse(instance, FailedA.class);
    assertThat(instance.handle(start(instance, "s"), start(instance, "other"))).isEmpty();
    for (int i = 0; i < 5; i++) {
      bookings.makeDue();
      instance.wake();
    }
    assertWaits("s", "RETRYING");
    assertThat(bookings.state("other", "a")).isEqualTo("COMPLETED");
    assertThat(bookings.query("SELECT attempt FROM choreography_journal WHERE saga_id = 's'"))
        .as("the last attempt does not count until its end can be told")
        .containsExactly("2");
    assertThat(bookings.query("SELECT error FROM choreography_journal WHERE saga_id = 's'"))
        .singleElement()
        .asString()
        .contains("the registry says no");

    accept(instance);
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
  }

  @Test
  void a_cancelled_step_waits_until_it_can_say_so() throws SQLException {
    Instance instance = bookings.instance();
    refuse(instance, FailedA.class);
    Incoming cancel = instance.record(Sagas.CHAIN, Signal.CANCELLED, "s");
    assertThat(instance.handle(cancel, start(instance, "s"), start(instance, "other"))).isEmpty();
    assertThat(bookings.state("s", "a")).isEqualTo("RETRYING");
    assertThat(bookings.emitted("s")).containsExactly("failed_b cancelled", "failed_c cancelled");
    assertThat(bookings.state("other", "a")).isEqualTo("COMPLETED");
    assertThat(instance.handle(cancel)).as("heard again, it changes nothing").isEmpty();
    accept(instance);
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.emitted("s")).endsWith("failed_a cancelled").hasSize(3);
    assertThat(bookings.seats()).containsExactly("other a 0");
  }

  @Test
  void a_step_that_is_skipped_waits_until_it_can_say_so() throws SQLException {
    Instance instance = bookings.instance();
    refuse(instance, CompensatedB.class);
    int c = Sagas.FORK.indexOf("c");
    assertThat(instance.handle(instance.record(Sagas.FORK, Signal.failed(c), "s"))).isEmpty();
    assertThat(bookings.state(Sagas.FORK, "s", "b")).isEqualTo("RETRYING");
    accept(instance);
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.state(Sagas.FORK, "s", "b")).isEqualTo("SKIPPED");
    assertThat(bookings.emitted("s")).contains("compensated_b skipped");
  }

  @Test
  void a_compensation_whose_event_is_refused_is_no_attempt() throws SQLException {
    Instance instance = bookings.instance();
    instance.handle(start(instance, "s"));
    refuse(instance, CompensatedA.class);
    instance.handle(failedB(instance, "s"));
    for (int i = 0; i < 5; i++) {
      bookings.makeDue();
      instance.wake();
    }
    assertThat(bookings.state("s", "a")).isEqualTo("COMPENSATING");
    assertThat(bookings.seats()).containsExactly("s a 0");
    accept(instance);
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "compensated_a compensated");
    assertThat(bookings.seats()).isEmpty();
  }

  @Test
  void a_step_that_cannot_say_that_it_parks_is_tried_again_and_parks_once() throws SQLException {
    bookings.handler(A).undoing("s", (completed, saga) -> throwing());
    Instance instance = bookings.instance();
    instance.handle(start(instance, "s"));
    refuse(instance, Parked.class);
    assertThat(instance.handle(failedB(instance, "s"), start(instance, "other"))).isEmpty();
    for (int i = 0; i < 5; i++) {
      bookings.makeDue();
      instance.wake();
    }
    assertThat(bookings.state("s", "a")).isEqualTo("COMPENSATING");
    accept(instance);
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("PARKED");
    assertThat(bookings.query("SELECT parked FROM choreography_journal WHERE saga_id = 's'"))
        .containsExactly("1");
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
  }

  @Test
  void a_resolution_whose_event_is_refused_is_a_dead_letter_that_can_be_replayed()
      throws SQLException {
    bookings.handler(A).undoing("s", (completed, saga) -> throwing());
    Instance instance = bookings.instance();
    instance.handle(start(instance, "s"));
    instance.handle(failedB(instance, "s"));
    instance.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("PARKED");
    refuse(instance, CompensatedA.class);
    Incoming resolve =
        instance.record(Sagas.CHAIN, new Resolve("s", "a", 1, "ann", "by hand"), Instance.DEADLINE);
    List<DeadLetter> letters = instance.handle(resolve, start(instance, "other"));
    assertThat(letters)
        .singleElement()
        .satisfies(letter -> assertThat(letter.record()).isSameAs(resolve))
        .satisfies(
            letter -> assertThat(letter.reason()).contains("stays parked", "the registry says no"));
    assertThat(bookings.state("s", "a")).isEqualTo("PARKED");
    assertThat(bookings.state("other", "a")).isEqualTo("COMPLETED");

    accept(instance);
    assertThat(instance.handle(resolve)).isEmpty();
    assertThat(bookings.state("s", "a")).isEqualTo("COMPENSATED");
  }

  @Test
  void a_cancel_at_the_deadline_that_is_refused_comes_later_and_once() throws SQLException {
    Instance early = bookings.instance();
    early.handle(start(early, "s"), start(early, "other"));
    Instance late =
        bookings.instance(
            Instance.OPTIONS, after(Duration.ofSeconds(1)), after(Duration.ofSeconds(1)));
    refuse(late, Cancel.class);
    late.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("COMPLETED");
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
    assertThat(bookings.emitted("other")).containsExactly("completed_a", "chain_control");
    accept(late);
    bookings.makeDue();
    late.wake();
    late.wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
    assertThat(bookings.query("SELECT due FROM choreography_journal WHERE saga_id = 's'").get(0))
        .isNull();
  }

  @Test
  void many_that_are_refused_do_not_keep_another_from_its_retry() throws SQLException {
    Instance instance = bookings.instance(PATIENT);
    List<Incoming> starts = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      bookings.handler(A).on("s" + i, (request, saga) -> throwing());
      starts.add(start(instance, "s" + i));
    }
    bookings.handler(A).on("other", (request, saga) -> throwing());
    starts.add(start(instance, "other"));
    instance.handle(starts.toArray(Incoming[]::new));
    bookings.execute("UPDATE choreography_journal SET attempt = 2");
    bookings.makeDue();
    bookings.execute(
        "UPDATE choreography_journal SET due = due + interval '0.1 s' WHERE saga_id = 'other'");
    bookings.handler(A).on("other", (request, saga) -> Scripted.done(A, saga));
    refuse(instance, FailedA.class);
    instance.wake();
    assertThat(bookings.state("other", "a")).isEqualTo("COMPLETED");
    assertThat(
            bookings.query(
                "SELECT count(*) FROM choreography_journal WHERE state = 'RETRYING' AND attempt = 2"))
        .containsExactly("" + MANY);
  }

  @Test
  void many_that_meet_trouble_do_not_keep_another_from_its_retry() throws SQLException {
    Instance instance = bookings.instance(PATIENT);
    List<Incoming> starts = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      bookings.handler(A).on("s" + i, (request, saga) -> throwing());
      starts.add(start(instance, "s" + i));
    }
    bookings.handler(A).on("other", (request, saga) -> throwing());
    starts.add(start(instance, "other"));
    instance.handle(starts.toArray(Incoming[]::new));
    for (int i = 0; i < MANY; i++) {
      bookings.handler(A).on("s" + i, (request, saga) -> deadlocking(saga.connection()));
    }
    bookings.handler(A).on("other", (request, saga) -> Scripted.done(A, saga));
    bookings.makeDue();
    bookings.execute(
        "UPDATE choreography_journal SET due = due + interval '0.1 s' WHERE saga_id = 'other'");
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(instance.timers()::tick).isInstanceOf(Trouble.class);
    }
    assertThat(bookings.state("other", "a")).isEqualTo("COMPLETED");
    assertThat(
            bookings.query(
                "SELECT count(*) FROM choreography_journal WHERE state = 'RETRYING' AND attempt = 1 AND due > now() - interval '1 s'"))
        .as("none is lost, none has counted")
        .containsExactly("" + MANY);
  }

  @Test
  void many_late_ones_that_meet_trouble_do_not_keep_another_from_its_cancel() throws SQLException {
    Instance early = bookings.instance();
    List<Incoming> starts = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      starts.add(start(early, "s" + i));
    }
    starts.add(start(early, "other"));
    early.handle(starts.toArray(Incoming[]::new));
    bookings.execute(
        "UPDATE choreography_journal SET deadline = deadline + interval '0.1 s' WHERE saga_id = 'other'");
    Instance late =
        bookings.instance(
            Instance.OPTIONS, after(Duration.ofSeconds(1)), after(Duration.ofSeconds(1)));
    late.codec()
        .refuses(
            event ->
                event instanceof Cancel && !event.get(0).equals("other")
                    ? new Trouble("the registry is away", new IOException())
                    : null);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(late.timers()::tick).isInstanceOf(Trouble.class);
    }
    assertThat(bookings.emitted("other")).containsExactly("completed_a", "chain_control");
    accept(late);
    bookings.makeDue();
    late.wake();
    for (int i = 0; i < MANY; i++) {
      assertThat(bookings.emitted("s" + i)).containsExactly("completed_a", "chain_control");
    }
  }

  private static void assertWaits(String sagaId, String state) throws SQLException {
    assertThat(bookings.state(sagaId, "a")).isEqualTo(state);
    assertThat(bookings.emitted(sagaId)).isEmpty();
    assertThat(
            bookings.query(
                "SELECT due FROM choreography_journal WHERE saga_id = '%s'".formatted(sagaId)))
        .doesNotContainNull();
  }

  private static Outcome throwing() {
    throw new IllegalStateException("as the test wants it");
  }

  private static Outcome deadlocking(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$");
    }
    throw new IllegalStateException("never reached");
  }

  private static Clock after(Duration deadline) {
    return Clock.fixed(Instance.DEADLINE.plus(deadline), ZoneOffset.UTC);
  }

  private static Incoming start(Instance instance, String sagaId) {
    return instance.record(Sagas.CHAIN, Signal.STARTED, sagaId);
  }

  private static Incoming failedB(Instance instance, String sagaId) {
    return instance.record(Sagas.CHAIN, Signal.failed(Sagas.CHAIN.indexOf("b")), sagaId);
  }
}
