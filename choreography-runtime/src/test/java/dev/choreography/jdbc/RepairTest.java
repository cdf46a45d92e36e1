// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.control.Cancel;
import dev.choreography.control.Parked;
import dev.choreography.control.Repair;
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
import dev.choreography.testbed.Scripted;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A repair publishes again what each row says, and changes none. */
@ExtendWith(RealPrograms.class)
class RepairTest {

  private static final String REASON = "published again by repair: the topic lost its end (ann)";

  private static Bookings bookings;

  private Instance instance;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "repair");
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
  void what_completed_is_published_again_as_it_was() throws SQLException {
    instance.handle(signal(Signal.STARTED));
    OutboxEvent first = bookings.lastOf("s");
    assertThat(repaired()).containsExactly("completed_a repaired");
    OutboxEvent again = bookings.lastOf("s");
    assertThat(again.value()).isEqualTo(first.value());
    for (String same :
        List.of(EventHeaders.ID, EventHeaders.TYPE, EventHeaders.DEADLINE, EventHeaders.SOURCE)) {
      assertThat(again.headers()).containsEntry(same, first.headers().get(same));
    }
    assertThat(again.headers()).containsEntry(EventHeaders.CAUSATION, "s/repair/1");
    assertThat(bookings.seats()).containsExactly("s a 0");
  }

  @Test
  void what_failed_is_told_again_with_who_asked_and_why() throws Exception {
    bookings
        .handler("a")
        .on("s", (request, saga) -> Scripted.rejected(Sagas.CHAIN.step("a"), saga));
    instance.handle(signal(Signal.STARTED));
    assertThat(repaired()).containsExactly("failed_a repaired");
    assertThat(last().get(1)).isEqualTo(REASON);
  }

  @Test
  void what_was_undone_or_skipped_is_told_again() throws Exception {
    instance.handle(signal(Signal.STARTED), signal(Signal.completed(0)));
    instance.handle(signal(Signal.failed(2)), signal(Signal.compensated(1)));
    assertThat(List.of(bookings.state("s", "a"), bookings.state("s", "b")))
        .containsOnly("COMPENSATED");
    assertThat(repaired())
        .containsExactlyInAnyOrder("compensated_a repaired", "compensated_b repaired");
    assertThat(last().get(1)).isEqualTo(REASON);

    clear();
    instance.handle(signal(Signal.compensated(1)));
    assertThat(bookings.state("s", "a")).isEqualTo("SKIPPED");
    assertThat(repaired()).containsExactly("compensated_a repaired");
  }

  @Test
  void of_a_success_the_event_of_the_last_step_is_published_again_which_confirms_the_others()
      throws SQLException {
    instance.handle(signal(Signal.STARTED));
    instance.handle(signal(Signal.completed(0)));
    instance.handle(signal(Signal.completed(1)));
    OutboxEvent sink = bookings.lastOf("s");
    assertThat(bookings.state("s", "c")).isEqualTo("CONFIRMED");
    assertThat(repaired())
        .containsExactlyInAnyOrder(
            "completed_a repaired", "completed_b repaired", "completed_c repaired");
    OutboxEvent again =
        bookings.relay().of("s").stream()
            .filter(event -> event.topic().equals(sink.topic()))
            .reduce((earlier, later) -> later)
            .orElseThrow();
    assertThat(again.value()).isEqualTo(sink.value());
    instance.handle(Instance.record(again));
    assertThat(bookings.seats()).containsExactly("s a 1", "s b 1", "s c 1");
    assertThat(repaired()).as("all others have heard it").containsExactly("completed_c repaired");
  }

  @Test
  void a_cancel_that_a_step_heard_is_asked_again() throws Exception {
    instance.handle(signal(Signal.STARTED), signal(Signal.CANCELLED));
    assertThat(bookings.state("s", "a")).isEqualTo("FAILED");
    assertThat(bookings.state("s", "b")).isEqualTo("FAILED");
    assertThat(bookings.state("s", "c")).isEqualTo("FAILED");
    int before = bookings.emitted("s").size();
    repair();
    List<OutboxEvent> events = bookings.relay().of("s");
    assertThat(bookings.emitted("s").subList(before, events.size()))
        .containsExactlyInAnyOrder(
            "failed_a repaired",
            "chain_control",
            "failed_b repaired",
            "chain_control",
            "failed_c repaired",
            "chain_control");
    assertThat(last()).isEqualTo(new Cancel("s", REASON, "tests"));
  }

  @Test
  void a_parking_is_told_again_with_its_number() throws Exception {
    bookings
        .handler("a")
        .undoing(
            "s",
            (completed, saga) -> {
              throw new IllegalStateException("the till is shut");
            });
    instance.handle(signal(Signal.STARTED));
    instance.handle(signal(Signal.failed(1)));
    instance.wake();
    OutboxEvent first = bookings.lastOf("s");
    assertThat(repaired()).containsExactly("completed_a repaired", "chain_control");
    assertThat(last())
        .isEqualTo(new Parked("s", "a", 1, "IllegalStateException: the till is shut"));
    assertThat(bookings.lastOf("s").headers())
        .containsEntry(EventHeaders.ID, String.valueOf(first.headers().get(EventHeaders.ID)));
  }

  @Test
  void a_step_that_waits_or_tries_again_says_nothing() throws SQLException {
    instance = bookings.instance(Instance.options(3, Duration.ofHours(1)));
    bookings
        .handler("a")
        .on(
            "s",
            (request, saga) -> {
              throw new IllegalStateException("not now");
            });
    instance.handle(signal(Signal.STARTED), signal(Signal.completed(2)));
    assertThat(bookings.state("s", "a")).isEqualTo("RETRYING");
    assertThat(bookings.state("s", "b")).isEqualTo("WAITING");
    assertThat(repaired()).isEmpty();
  }

  @Test
  void a_repair_of_an_unknown_saga_leaves_nothing_behind() throws SQLException {
    assertThat(repaired()).isEmpty();
    assertThat(bookings.query("SELECT * FROM choreography_journal")).isEmpty();
  }

  @Test
  void an_operators_longest_words_fit_into_an_event() throws Exception {
    bookings
        .handler("a")
        .on("s", (request, saga) -> Scripted.rejected(Sagas.CHAIN.step("a"), saga));
    instance.handle(signal(Signal.STARTED));
    instance.handle(
        instance.record(
            Sagas.CHAIN,
            new Repair("s", "w".repeat(2_000_000), "y".repeat(2_000_000)),
            Instance.DEADLINE));
    assertThat(String.valueOf(last().get(1))).hasSizeBetween(1_000, 1_250);
  }

  @Test
  void whoever_missed_a_failure_hears_it_after_a_repair() throws SQLException {
    bookings
        .handler("b")
        .on("s", (request, saga) -> Scripted.rejected(Sagas.CHAIN.step("b"), saga));
    instance.handle(signal(Signal.STARTED));
    instance.handle(signal(Signal.completed(0)));
    assertThat(bookings.seats()).as("failed_b is lost").containsExactly("s a 0");
    repair();
    bookings.relay().of("s").forEach(event -> instance.handle(Instance.record(event)));
    assertThat(bookings.state("s", "a")).isEqualTo("COMPENSATED");
    assertThat(bookings.seats()).isEmpty();
  }

  @Test
  void a_repair_past_the_deadline_lets_a_waiting_step_notice_it() throws SQLException {
    instance.handle(signal(Signal.completed(2)));
    instance = bookings.instance(Instance.OPTIONS, afterTheDeadline(), afterTheDeadline());
    assertThat(repaired()).containsExactlyInAnyOrder("failed_a deadline", "failed_b deadline");
  }

  @Test
  void a_start_whose_adopted_copy_was_lost_is_adopted_again_until_a_copy_was_heard()
      throws SQLException {
    instance.handle(bare());
    OutboxEvent copy = bookings.lastOf("s");
    assertThat(repaired()).as("the row has no payload").isEmpty();
    instance.handle(bare());
    OutboxEvent again = bookings.lastOf("s");
    assertThat(bookings.emitted("s")).containsExactly("started", "started");
    assertThat(again.value()).isEqualTo(copy.value());
    for (String same : List.of(EventHeaders.ID, EventHeaders.DEADLINE)) {
      assertThat(again.headers()).containsEntry(same, String.valueOf(copy.headers().get(same)));
    }
    instance.handle(Instance.record(again));
    assertThat(bookings.state("s", "a")).isEqualTo("COMPLETED");
    instance.handle(bare());
    assertThat(bookings.emitted("s")).containsExactly("started", "started", "completed_a");
    assertThat(bookings.seats()).containsExactly("s a 0");
  }

  @Test
  void an_own_adopted_copy_is_not_adopted_again_wherever_it_lies() throws SQLException {
    instance.handle(bare());
    Incoming copy = Instance.record(bookings.lastOf("s"));
    instance.handle(
        new Incoming(
            copy.topic(),
            1,
            0,
            copy.timestamp(),
            copy.received(),
            copy.key(),
            copy.value(),
            copy.headers(),
            true));
    assertThat(bookings.emitted("s").stream().filter("started"::equals)).hasSize(1);
  }

  @Test
  void a_start_whose_adopted_copy_was_lost_fails_at_a_repair_past_its_deadline()
      throws SQLException {
    instance.handle(bare());
    Clock passed = Clock.fixed(Instance.NOW.plus(Sagas.CHAIN.deadline()), ZoneOffset.UTC);
    Instance late = bookings.instance(Instance.OPTIONS, passed, passed);
    late.wake();
    assertThat(bookings.state("s", "a")).as("no timer sees it").isEqualTo("WAITING");
    instance = late;
    assertThat(repaired()).containsExactly("failed_a deadline");
  }

  /** Repairs twice and returns what is published each time, having checked that no row changed. */
  private List<String> repaired() throws SQLException {
    List<String> first = published();
    String rows = rows();
    String seats = String.join(",", bookings.seats());
    if (first.stream().noneMatch(event -> event.endsWith(" deadline"))) {
      assertThat(published()).as("repaired twice").isEqualTo(first);
    }
    assertThat(rows()).isEqualTo(rows);
    assertThat(String.join(",", bookings.seats())).isEqualTo(seats);
    return first;
  }

  private List<String> published() {
    int before = bookings.emitted("s").size();
    repair();
    List<String> all = bookings.emitted("s");
    return all.subList(before, all.size());
  }

  private void repair() {
    Incoming command =
        instance.record(
            Sagas.CHAIN, new Repair("s", "ann", "the topic lost its end"), Instance.DEADLINE);
    assertThat(instance.handle(Instance.with(command, EventHeaders.ID, "s/repair/1"))).isEmpty();
  }

  private SpecificRecord last() throws Exception {
    OutboxEvent event = bookings.lastOf("s");
    return new MemoryCodec().decode(event.topic(), event.value());
  }

  private static Clock afterTheDeadline() {
    return Clock.fixed(Instance.DEADLINE, ZoneOffset.UTC);
  }

  private Incoming signal(Signal signal) {
    return instance.record(Sagas.CHAIN, signal, "s");
  }

  /** Of this choreography, so that the others of the same start leave it alone. */
  private Incoming bare() {
    return instance.record(
        Sagas.CHAIN,
        Sagas.event(Sagas.CHAIN, Signal.STARTED, "s"),
        Map.of(EventHeaders.CHOREOGRAPHY, Sagas.CHAIN.id().getBytes(StandardCharsets.UTF_8)));
  }

  private static String rows() throws SQLException {
    return String.join(
        "\n",
        bookings.query(
            "SELECT journal::text FROM choreography_journal AS journal ORDER BY choreography, step"));
  }
}
