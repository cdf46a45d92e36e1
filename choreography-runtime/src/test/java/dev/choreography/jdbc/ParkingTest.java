// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.Step;
import dev.choreography.control.Parked;
import dev.choreography.control.Resolve;
import dev.choreography.control.Retry;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.MemoryCodec;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Confirmation, parking, and what operators say to a parked step. */
@ExtendWith(RealPrograms.class)
class ParkingTest {

  private static final Step A = Sagas.CHAIN.step("a");
  private static final Signal SUCCEEDED = Signal.completed(2);

  private static Bookings bookings;

  private final AtomicBoolean broken = new AtomicBoolean(true);
  private final AtomicInteger calls = new AtomicInteger();
  private Instance instance;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "parking");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
    instance = bookings.instance();
  }

  @Test
  void a_step_is_confirmed_once_when_its_saga_has_completed() throws SQLException {
    instance.handle(signal(Signal.STARTED));
    assertThat(bookings.seats()).containsExactly("s a 0");
    instance.handle(signal(SUCCEEDED), signal(SUCCEEDED));
    instance.handle(signal(SUCCEEDED));
    assertThat(bookings.state("s", "a")).isEqualTo("CONFIRMED");
    assertThat(bookings.seats()).containsExactly("s a 1");
  }

  @Test
  void a_confirm_that_comes_after_the_deadlines_cancel_still_confirms() throws SQLException {
    instance.handle(signal(Signal.STARTED));
    Instance late =
        bookings.instance(
            Instance.OPTIONS, after(Duration.ofSeconds(1)), after(Duration.ofSeconds(1)));
    late.wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
    late.handle(Instance.record(bookings.lastOf("s")));
    late.handle(signal(SUCCEEDED));
    assertThat(bookings.state("s", "a")).isEqualTo("CONFIRMED");
    assertThat(bookings.seats()).containsExactly("s a 1");
    assertThat(bookings.emitted("s"))
        .startsWith("completed_a", "chain_control")
        .noneMatch(event -> event.startsWith("failed_a") || event.startsWith("compensated_a"));
  }

  @Test
  void confirm_and_the_deadline_timer_at_once_leave_the_trip_completed() throws SQLException {
    Instance late = bookings.instance(Instance.OPTIONS, after(Duration.ZERO), after(Duration.ZERO));
    for (int i = 0; i < 200; i++) {
      bookings.clear();
      Instance early = bookings.instance();
      early.handle(signal(Signal.STARTED));
      Instance timers =
          bookings.instance(Instance.OPTIONS, after(Duration.ZERO), after(Duration.ZERO));
      CompletableFuture.allOf(
              CompletableFuture.runAsync(timers::wake),
              CompletableFuture.runAsync(() -> late.handle(signal(SUCCEEDED))),
              CompletableFuture.runAsync(() -> early.handle(signal(SUCCEEDED))))
          .join();
      bookings.relay().of("s").forEach(event -> late.handle(Instance.record(event)));
      assertThat(bookings.state("s", "a")).isEqualTo("CONFIRMED");
      assertThat(bookings.seats()).containsExactly("s a 1");
      assertThat(bookings.emitted("s"))
          .doesNotContain("failed_a deadline", "failed_a cancelled", "compensated_a compensated");
    }
  }

  @Test
  void a_confirmation_that_keeps_failing_parks_its_step_and_is_retried_on_command()
      throws SQLException {
    parkConfirming();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
    assertThat(bookings.seats()).containsExactly("s a 0");
    broken.set(false);
    instance.handle(command(new Retry("s", "a", 1, "ann", "")));
    assertThat(bookings.state("s", "a")).isEqualTo("CONFIRMED");
    assertThat(bookings.seats()).containsExactly("s a 1");
  }

  @Test
  void a_confirmation_that_fails_is_tried_again_before_its_step_is_parked() throws SQLException {
    instance = bookings.instance(Instance.options(3, Duration.ofHours(1)));
    breakConfirmation();
    instance.handle(signal(Signal.STARTED));
    instance.handle(signal(SUCCEEDED));
    assertThat(bookings.state("s", "a")).isEqualTo("CONFIRMING");
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("CONFIRMING");
    broken.set(false);
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("CONFIRMED");
    assertThat(bookings.seats()).containsExactly("s a 1");
    assertThat(calls).hasValue(3);
  }

  @Test
  void a_confirmation_resolved_by_hand_is_confirmed_without_a_call() throws SQLException {
    parkConfirming();
    instance.handle(command(new Resolve("s", "a", 1, "ann", "told the airline")));
    assertThat(bookings.state("s", "a")).isEqualTo("CONFIRMED");
    assertThat(calls).hasValue(3);
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "chain_control");
  }

  @Test
  void each_parking_is_told_with_its_number_and_error() throws Exception {
    parkCompensating();
    instance.handle(command(new Retry("s", "a", 1, "ann", "")));
    instance.wake();
    List<OutboxEvent> parkings =
        bookings.relay().of("s").stream()
            .filter(event -> event.topic().equals("chain_control"))
            .toList();
    assertThat(parkings).hasSize(2);
    for (int times = 1; times <= 2; times++) {
      OutboxEvent event = parkings.get(times - 1);
      assertThat(new MemoryCodec().decode(event.topic(), event.value()))
          .isEqualTo(new Parked("s", "a", times, "IllegalStateException: the till is shut"));
      assertThat(event.headers())
          .containsEntry(EventHeaders.TYPE, "parked")
          .containsEntry(EventHeaders.ID, "s/parked/a/" + times)
          .containsKeys(EventHeaders.CAUSATION, EventHeaders.CHOREOGRAPHY, EventHeaders.DEADLINE);
    }
    assertThat(parkings.get(1).headers()).containsEntry(EventHeaders.CAUSATION, "s/retry/a/1");
    assertThat(
            bookings.query(
                "SELECT parked || ' ' || attempt || ' ' || error FROM choreography_journal"))
        .containsExactly("2 0 IllegalStateException: the till is shut");
  }

  @Test
  void a_retry_compensates_once_however_often_it_comes() throws SQLException {
    parkCompensating();
    broken.set(false);
    Incoming retry = command(new Retry("s", "a", 1, "ann", ""));
    instance.handle(retry, retry);
    instance.handle(retry);
    bookings.instance().handle(retry, command(new Resolve("s", "a", 1, "ann", "late")));
    assertThat(bookings.emitted("s"))
        .containsExactly("completed_a", "chain_control", "compensated_a compensated");
    assertThat(bookings.lastOf("s").headers()).containsEntry(EventHeaders.CAUSATION, "s/retry/a/1");
    assertThat(bookings.seats()).isEmpty();
    assertThat(calls).hasValue(4);
  }

  @Test
  void a_resolve_undoes_by_hand_once_however_often_it_comes() throws Exception {
    parkCompensating();
    Incoming resolve = command(new Resolve("s", "a", 1, "ann", "refunded in cash"));
    instance.handle(resolve, command(new Retry("s", "a", 1, "bob", "")), resolve);
    instance.handle(resolve);
    assertThat(bookings.emitted("s"))
        .containsExactly("completed_a", "chain_control", "compensated_a resolved");
    OutboxEvent event = bookings.lastOf("s");
    assertThat(new MemoryCodec().decode(event.topic(), event.value()).get(1))
        .isEqualTo("resolved by ann: refunded in cash");
    assertThat(bookings.state("s", "a")).isEqualTo("COMPENSATED");
    assertThat(bookings.seats()).as("the hand has not touched it").containsExactly("s a 0");
    assertThat(calls).hasValue(3);
  }

  @Test
  void a_command_counts_for_the_parking_it_names_alone() throws SQLException {
    parkCompensating();
    String before = row();
    for (int times : new int[] {0, 2, -1, 7}) {
      instance.handle(
          command(new Retry("s", "a", times, "ann", "")),
          command(new Resolve("s", "a", times, "ann", "why")));
    }
    assertThat(row()).isEqualTo(before);
    instance.handle(command(new Retry("s", "a", 1, "ann", "")));
    instance.wake();
    String parkedTwice = row();
    assertThat(parkedTwice).contains("PARKED");
    instance.handle(command(new Resolve("s", "a", 1, "ann", "too late")));
    assertThat(row()).isEqualTo(parkedTwice);
  }

  @Test
  void the_control_topic_read_again_from_its_start_changes_nothing() throws SQLException {
    parkCompensating();
    List<Incoming> topic =
        List.of(
            command(new Retry("s", "a", 1, "ann", "")),
            command(new Retry("s", "a", 2, "ann", "")),
            command(new Resolve("s", "a", 3, "ann", "refunded")));
    for (Incoming record : topic) {
      instance.handle(record);
      instance.wake();
    }
    String end = row();
    assertThat(end).contains("COMPENSATED");
    int emitted = bookings.emitted("s").size();
    instance.handle(topic.toArray(Incoming[]::new));
    topic.forEach(instance::handle);
    instance.wake();
    assertThat(row()).isEqualTo(end);
    assertThat(bookings.emitted("s")).hasSize(emitted);
    assertThat(calls).as("three tries for each parking").hasValue(9);
  }

  @Test
  void a_command_for_a_step_that_is_not_parked_does_nothing() throws SQLException {
    instance.handle(
        command(new Retry("unknown", "a", 0, "ann", "")),
        command(new Retry("unknown", "b", 1, "ann", "")),
        command(new Resolve("unknown", "a", 1, "ann", "why")),
        command(new Resolve("unknown", "no such step", 1, "ann", "why")));
    assertThat(bookings.query("SELECT * FROM choreography_journal")).isEmpty();
    instance.handle(signal(Signal.STARTED));
    String before = row();
    instance.handle(
        command(new Retry("s", "a", 0, "ann", "")),
        command(new Resolve("s", "a", 0, "ann", "why")));
    assertThat(row()).isEqualTo(before);
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
  }

  @Test
  void a_command_beside_the_start_leaves_the_start_its_effect() throws SQLException {
    assertThat(instance.handle(command(new Retry("s", "a", 0, "ann", "")), signal(Signal.STARTED)))
        .isEmpty();
    assertThat(bookings.state("s", "a")).isEqualTo("COMPLETED");
  }

  @Test
  void a_parked_step_waits_for_its_operator_also_past_the_deadline() throws SQLException {
    parkCompensating();
    String before = row();
    Instance late =
        bookings.instance(Instance.OPTIONS, after(Duration.ofDays(1)), after(Duration.ofDays(1)));
    late.wake();
    assertThat(row()).isEqualTo(before);
    broken.set(false);
    late.handle(command(new Retry("s", "a", 1, "ann", "")));
    assertThat(bookings.emitted("s"))
        .containsExactly("completed_a", "chain_control", "compensated_a compensated");
  }

  @Test
  void a_compensation_under_way_goes_on_past_the_deadline() throws SQLException {
    instance = bookings.instance(Instance.options(3, Duration.ofHours(1)));
    breakCompensation();
    instance.handle(signal(Signal.STARTED));
    instance.handle(signal(Signal.failed(1)));
    assertThat(bookings.state("s", "a")).isEqualTo("COMPENSATING");
    broken.set(false);
    bookings.makeDue();
    bookings
        .instance(Instance.OPTIONS, after(Duration.ofDays(1)), after(Duration.ofDays(1)))
        .wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a", "compensated_a compensated");
    assertThat(bookings.seats()).isEmpty();
  }

  private void parkCompensating() throws SQLException {
    breakCompensation();
    instance.handle(signal(Signal.STARTED));
    instance.handle(signal(Signal.failed(1)));
    instance.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("PARKED");
  }

  private void breakCompensation() {
    bookings
        .handler("a")
        .undoing(
            "s",
            (completed, saga) -> {
              calls.incrementAndGet();
              Bookings.giveBack(saga, A);
              if (broken.get()) {
                throw new IllegalStateException("the till is shut");
              }
            });
  }

  private void parkConfirming() throws SQLException {
    breakConfirmation();
    instance.handle(signal(Signal.STARTED));
    instance.handle(signal(SUCCEEDED));
    instance.wake();
    assertThat(bookings.state("s", "a")).isEqualTo("PARKED");
  }

  private void breakConfirmation() {
    bookings
        .handler("a")
        .confirming(
            "s",
            (completed, saga) -> {
              calls.incrementAndGet();
              Bookings.confirm(saga, A);
              if (broken.get()) {
                throw new IllegalStateException("the till is shut");
              }
            });
  }

  private static Clock after(Duration sinceDeadline) {
    return Clock.fixed(Instance.DEADLINE.plus(sinceDeadline), ZoneOffset.UTC);
  }

  private Incoming signal(Signal signal) {
    return instance.record(Sagas.CHAIN, signal, "s");
  }

  private Incoming command(SpecificRecord command) {
    String id =
        "%s/%s/%s/%s"
            .formatted(
                command.get(0),
                command.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT),
                command.get(1),
                command.get(2));
    return Instance.with(
        instance.record(Sagas.CHAIN, command, Instance.DEADLINE), EventHeaders.ID, id);
  }

  private static String row() throws SQLException {
    return bookings
        .query("SELECT journal::text FROM choreography_journal AS journal WHERE step = 'a'")
        .get(0);
  }
}
