// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static dev.choreography.console.trace.Declared.CHAIN;
import static dev.choreography.console.trace.Declared.DIAMOND;
import static dev.choreography.console.tracker.Tracking.BEGIN;
import static dev.choreography.console.tracker.Tracking.bare;
import static dev.choreography.console.tracker.Tracking.event;
import static dev.choreography.console.tracker.Tracking.said;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.console.tracker.Tracking.Sent;
import dev.choreography.kafka.DeadLetterHeaders;
import dev.choreography.protocol.EventHeaders;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrackerTopologyTest {

  private Path folder;
  private Tracking tracking;

  @BeforeEach
  void open(@TempDir Path temporary) {
    folder = temporary;
    tracking = new Tracking(folder, CHAIN);
  }

  @AfterEach
  void close() {
    tracking.close();
  }

  private static Instant at(int millis) {
    return BEGIN.plusMillis(millis);
  }

  /** The events of a saga of the chain that fails at its end and is undone. */
  private static List<Sent> undone(String saga, int start) {
    return List.of(
        bare("begun", saga, at(start)),
        event(CHAIN, "begun", saga, at(start + 100)),
        event(CHAIN, "a_done", saga, at(start + 200)).with(EventHeaders.CAUSATION, saga + "/begun"),
        event(CHAIN, "b_done", saga, at(start + 300))
            .with(EventHeaders.CAUSATION, saga + "/a_done"),
        event(CHAIN, "c_failed", saga, at(start + 400))
            .with(EventHeaders.CAUSATION, saga + "/b_done"),
        event(CHAIN, "b_undone", saga, at(start + 500)),
        event(CHAIN, "a_undone", saga, at(start + 600)));
  }

  private Tracked saga(String id) {
    return Objects.requireNonNull(tracking.saga(CHAIN, id), id);
  }

  private static SagaQuery query(int limit) {
    return new SagaQuery(null, null, null, null, null, null, limit, null, false);
  }

  @Test
  void each_change_of_a_status_is_told_and_nothing_else() {
    tracking.send(undone("s", 0));
    assertThat(tracking.told())
        .containsExactly("test/s open in_flight", "test/s in_flight", "test/s compensated");
    assertThat(saga("s").steps())
        .containsExactly(
            Map.entry("a", "compensated"), Map.entry("b", "compensated"), Map.entry("c", "failed"));
  }

  @Test
  void a_start_that_nobody_has_adopted_is_of_no_version() {
    tracking.send(bare("begun", "s", at(0)));
    assertThat(saga("s").versionIfAny()).isNull();
    assertThat(versions(Counter.SAGAS)).containsExactly("0");
    assertThat(versions(Counter.STEPS)).containsExactly("0");
    tracking.send(event(CHAIN, "begun", "s", at(1)), bare("begun", "s", at(0)));
    assertThat(saga("s").versionIfAny()).isEqualTo(1);
    for (String kind : List.of(Counter.SAGAS, Counter.STEPS, Counter.EVENTS)) {
      assertThat(versions(kind)).as(kind).containsExactly("1");
    }
    assertThat(tracking.told()).containsExactly("test/s open in_flight", "test/s in_flight");
  }

  /** Those under which something is counted. */
  private Set<String> versions(String kind) {
    Set<String> versions = new HashSet<>();
    tracking
        .shards()
        .counts(kind, Counter.all(kind))
        .keySet()
        .forEach(key -> versions.add(Counter.parts(key).get(2)));
    return versions;
  }

  @Test
  void whatever_the_order_and_however_many_copies_the_summary_is_the_same() {
    tracking.send(undone("s", 0));
    Tracked straight = saga("s");
    Random random = new Random(1);
    for (int turn = 0; turn < 50; turn++) {
      String id = "other-" + turn;
      List<Sent> events = new ArrayList<>(undone(id, 0));
      events.add(events.get(random.nextInt(events.size())));
      Collections.shuffle(events, random);
      tracking.send(events);
      Tracked other = saga(id);
      assertThat(other.status()).isEqualTo(straight.status());
      assertThat(other.steps()).isEqualTo(straight.steps());
      assertThat(other.started()).isEqualTo(straight.started());
      assertThat(other.deadline()).isEqualTo(straight.deadline());
      assertThat(other.events()).isEqualTo(straight.events() + 1);
    }
    whatIsCountedAndListedIsWhatTheSummariesSay();
  }

  @Test
  void counts_and_lists_never_drift_from_the_summaries() {
    Random random = new Random(2);
    List<Sent> all = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      List<Sent> events = undone("s" + i, 10 * i);
      all.addAll(events.subList(0, random.nextInt(events.size() + 1)));
    }
    all.add(said(CHAIN, "parked", "s1", "a", 1));
    all.add(said(CHAIN, "parked", "s2", "b", 1));
    all.add(said(CHAIN, "retry", "s2", "b", 1));
    Collections.shuffle(all, random);
    tracking.send(all);
    whatIsCountedAndListedIsWhatTheSummariesSay();
    tracking.later(Duration.ofMinutes(12));
    whatIsCountedAndListedIsWhatTheSummariesSay();
    tracking.later(Tracking.RETENTION);
    whatIsCountedAndListedIsWhatTheSummariesSay();
  }

  private void whatIsCountedAndListedIsWhatTheSummariesSay() {
    Set<Bytes> entries = new HashSet<>();
    Map<String, Long> counts = new TreeMap<>();
    tracking
        .rows(Stores.SAGAS)
        .forEach(
            row -> {
              Tracked saga = Tracked.of(row.value);
              entries.addAll(saga.entries());
              saga.counts().forEach((counter, some) -> counts.merge(counter, some, Long::sum));
            });
    assertThat(tracking.rows(Stores.INDEX)).extracting(row -> row.key).hasSameElementsAs(entries);
    Map<String, Long> stored = new HashMap<>();
    for (String kind : List.of(Counter.SAGAS, Counter.EVENTS, Counter.STEPS)) {
      stored.putAll(tracking.shards().counts(kind, Counter.all(kind)));
    }
    assertThat(stored).isEqualTo(counts);
  }

  @Test
  void one_that_is_a_minute_past_its_deadline_is_stuck_and_can_still_end() {
    tracking.send(undone("s", 0).subList(0, 5));
    tracking.later(Duration.ofSeconds(659));
    assertThat(saga("s").status()).isEqualTo("in_flight");
    tracking.later(Duration.ofSeconds(2));
    assertThat(saga("s").status()).isEqualTo("stuck");
    tracking.send(undone("s", 0).subList(5, 7));
    assertThat(tracking.told())
        .containsExactly(
            "test/s open in_flight", "test/s in_flight", "test/s stuck", "test/s compensated");
  }

  private static Sent deadLetter(String start, String saga, String reason, Instant at) {
    return bare("a-service_dead_letters", saga, at)
        .saying(Tracking.BROKEN)
        .with(DeadLetterHeaders.TOPIC, start)
        .with(DeadLetterHeaders.REASON, reason);
  }

  @Test
  void a_start_that_is_a_dead_letter_is_no_stuck_saga_until_it_is_replayed() {
    tracking.send(
        bare("begun", "s", at(0)).saying(Tracking.BROKEN),
        deadLetter("begun", "s", "no Avro", at(1)),
        deadLetter("a_done", "t", "no Avro either", at(1)));
    tracking.later(Duration.ofSeconds(700));
    assertThat(saga("s").deadLetter()).isEqualTo("no Avro");
    assertThat(tracking.saga(CHAIN, "t")).isNull();
    assertThat(tracking.told()).containsExactly("test/s open in_flight", "test/s open dead_letter");
    tracking.send(bare("begun", "s", at(800_000)), event(CHAIN, "begun", "s", at(800_001)));
    assertThat(tracking.told()).containsExactly("test/s in_flight");
    assertThat(saga("s").deadLetter()).isEmpty();
  }

  @Test
  void a_start_that_is_a_dead_letter_leaves_and_comes_back_when_it_is_replayed() {
    tracking.send(deadLetter("begun", "s", "no Avro", at(1)));
    tracking.later(Tracking.RETENTION.plusSeconds(2));
    tracking.send(bare("begun", "s", at(0)));
    assertThat(tracking.told()).containsExactly("test/s open dead_letter", "test/s -");
    tracking.send(event(CHAIN, "begun", "s", at(3)));
    assertThat(saga("s").status()).isEqualTo("in_flight");
  }

  @Test
  void a_second_start_that_is_a_dead_letter_says_nothing_of_a_saga_that_has_begun() {
    tracking.send(undone("s", 0).subList(0, 3));
    tracking.send(deadLetter("begun", "s", "another payload", at(400)));
    assertThat(saga("s").status()).isEqualTo("in_flight");
  }

  @Test
  void a_start_with_the_timestamp_of_long_ago_is_ignored_and_is_not_the_oldest_in_flight() {
    tracking.send(bare("begun", "s", Instant.parse("2020-01-01T00:00:00Z")));
    tracking.send(bare("begun", "t", BEGIN.minus(Duration.ofDays(1))));
    tracking.later(Duration.ofSeconds(2));
    assertThat(saga("s").status()).isEqualTo("ignored");
    // A day late is late, and participants answer it.
    assertThat(saga("t").status()).isEqualTo("stuck");
    assertThat(tracking.shards().page(SagaQuery.oldest("stuck")).lines())
        .extracting(line -> line.saga().saga())
        .containsExactly("t");
    assertThat(tracking.shards().page(SagaQuery.oldest("in_flight")).lines()).isEmpty();
  }

  @Test
  void one_that_was_adopted_past_its_deadline_is_stuck_a_minute_after_that() {
    Instant longAgo = Instant.parse("2020-01-01T00:00:00Z");
    tracking.send(
        bare("begun", "s", BEGIN.minusSeconds(6_000)),
        event(CHAIN, "begun", "s", at(0)).with(EventHeaders.DEADLINE, longAgo));
    tracking.later(Duration.ofSeconds(59));
    assertThat(saga("s").status()).isEqualTo("in_flight");
    assertThat(saga("s").started()).isEqualTo(BEGIN.toEpochMilli());
    tracking.later(Duration.ofSeconds(3));
    assertThat(saga("s").status()).isEqualTo("stuck");
  }

  @Test
  void who_owns_no_step_is_counted_as_other() {
    for (int i = 0; i < 100; i++) {
      tracking.send(bare("begun", "s" + i, at(0)).with(EventHeaders.SOURCE, "client-" + i));
    }
    tracking.send(
        event(CHAIN, "begun", "s0", BEGIN.plus(Duration.ofDays(900)))
            .with(EventHeaders.SOURCE, "a-service"));
    assertThat(tracking.shards().counts(Counter.HEARD, Counter.all(Counter.HEARD)))
        .containsOnlyKeys("heard\0other\0", "heard\0a-service\0")
        // A clock that is ahead is not believed.
        .containsEntry("heard\0a-service\0", BEGIN.toEpochMilli());
  }

  @Test
  void a_record_of_any_size_and_with_any_headers_stops_nobody() {
    String much = "x".repeat(100_000);
    Sent large = event(CHAIN, "a_done", "s", at(200)).saying("s/" + much).with("x-" + much, "y");
    Sent odd =
        event(CHAIN, "b_done", "s", at(300))
            .with(EventHeaders.CAUSATION, "s/" + much)
            .with(EventHeaders.TIME, "+1000000000-12-31T23:59:59Z")
            .with(EventHeaders.DEADLINE, "-1000000000-01-01T00:00:00Z")
            .with(EventHeaders.RECEIVED, "+1000000000-12-31T23:59:59Z");
    Sent parked = said(CHAIN, "parked", "s", much, 1);
    Sent broken = event(CHAIN, "c_done", "s", at(400)).saying(Tracking.BROKEN).with("big", much);
    tracking.send(undone("s", 0).subList(0, 2)).send(large, odd, parked, broken);
    assertThat(saga("s").steps()).containsEntry("a", "completed").containsEntry("b", "completed");
    assertThat(saga("s").events()).isEqualTo(6);
    assertThat(tracking.shards().events(new SagaKey("test", "s")))
        .hasSize(6)
        .allSatisfy(row -> assertThat(row.length).isLessThanOrEqualTo(Tracking.LARGEST));
    assertThat(saga("s").bytes().length).isLessThan(2_000);
  }

  @Test
  void an_ended_one_leaves_after_the_retention_and_no_copy_brings_it_back() {
    tracking.send(undone("s", 0)).send(undone("t", 0).subList(0, 3));
    tracking.told();
    tracking.later(Tracking.RETENTION.plusSeconds(2));
    assertThat(tracking.told()).containsExactlyInAnyOrder("test/s -", "test/t stuck");
    assertThat(tracking.shards().events(new SagaKey("test", "s"))).isEmpty();
    tracking.send(undone("s", 0));
    assertThat(tracking.told()).isEmpty();
    assertThat(tracking.shards().page(query(9)).lines())
        .extracting(line -> line.saga().saga())
        .containsExactly("t");
    tracking.later(Tracking.RETENTION.multipliedBy(2));
    assertThat(tracking.rows(Stores.SAGAS)).hasSize(1);
  }

  @Test
  void a_parked_step_is_told_until_it_is_answered_and_not_again_by_copies() {
    tracking.send(undone("s", 0).subList(0, 5));
    Sent parked = said(CHAIN, "parked", "s", "b", 1);
    Sent retry = said(CHAIN, "retry", "s", "b", 1);
    tracking.send(parked, retry, parked, retry);
    assertThat(tracking.told())
        .containsExactly(
            "test/s open in_flight", "test/s in_flight", "test/s in_flight[b]", "test/s in_flight");
    assertThat(saga("s").waiting()).containsExactly("b");
  }

  @Test
  void a_start_without_a_key_is_its_sagas() {
    tracking.send(bare("begun", "s", at(0)).withoutKey());
    assertThat(saga("s").waiting()).containsExactly("a");
  }

  @Test
  void what_cannot_be_read_changes_nothing_but_is_kept() {
    tracking.send(bare("begun", "s", at(0)));
    tracking.send(event(CHAIN, "a_done", "s", at(9)).saying(Tracking.BROKEN));
    assertThat(saga("s").waiting()).containsExactly("a");
    assertThat(tracking.shards().events(new SagaKey("test", "s"))).hasSize(2);
  }

  @Test
  void another_choreographys_events_are_left_out() {
    tracking.send(
        event(CHAIN, "a_done", "s", at(0)).with(EventHeaders.CHOREOGRAPHY, "other:1:x"),
        event(CHAIN, "a_done", "s", at(0)).with(EventHeaders.CHOREOGRAPHY, "odd"));
    assertThat(tracking.rows(Stores.SAGAS)).isEmpty();
  }

  @Test
  void an_event_of_a_version_that_was_declared_just_now_waits_for_a_new_beginning() {
    try (Tracking behind = new Tracking(folder.resolve("behind"), "test:2:x", CHAIN)) {
      Sent early = event(CHAIN, "a_done", "s", at(0)).with(EventHeaders.CHOREOGRAPHY, "test:2:x");
      assertThatThrownBy(() -> behind.send(early))
          .hasRootCauseMessage("test:2:x was declared just now");
    }
  }

  @Test
  void pages_have_each_saga_once_and_the_last_started_first() {
    for (int i = 0; i < 25; i++) {
      tracking.send(bare("begun", "s" + i, at(i)));
    }
    List<String> found = new ArrayList<>();
    byte[] after = null;
    do {
      Page page =
          tracking
              .shards()
              .page(new SagaQuery("in_flight", null, null, null, null, null, 4, after, false));
      page.lines().forEach(line -> found.add(line.saga().saga()));
      after = page.stop();
    } while (after != null);
    assertThat(found)
        .containsExactlyElementsOf(IntStream.range(0, 25).mapToObj(i -> "s" + (24 - i)).toList());
  }

  @Test
  void each_filter_finds_what_it_says() {
    tracking.send(undone("begins-1", 0)).send(undone("begins-2", 1_000).subList(0, 3));
    tracking.send(undone("other", 2_000).subList(0, 1));
    tracking.send(said(CHAIN, "parked", "other", "a", 1));
    assertThat(found(new SagaQuery("compensated", "test", null, null, null, null, 9, null, false)))
        .containsExactly("begins-1");
    assertThat(found(new SagaQuery("parked", null, null, null, null, null, 9, null, false)))
        .containsExactly("other");
    assertThat(found(new SagaQuery(null, null, "b", null, null, null, 9, null, false)))
        .containsExactly("begins-2");
    assertThat(found(new SagaQuery(null, "test", null, at(1_000), at(2_000), null, 9, null, false)))
        .containsExactly("begins-2");
    assertThat(found(new SagaQuery(null, null, null, at(1_001), null, null, 9, null, false)))
        .containsExactly("other");
    assertThat(found(new SagaQuery(null, null, null, null, null, "begins-", 9, null, false)))
        .containsExactly("begins-1", "begins-2");
    assertThat(found(new SagaQuery("in_flight", null, null, null, null, "begins-", 9, null, false)))
        .containsExactly("begins-2");
    assertThat(found(SagaQuery.oldest("in_flight"))).containsExactly("begins-2");
    assertThat(found(new SagaQuery(null, "no such", null, null, null, null, 9, null, false)))
        .isEmpty();
  }

  private List<String> found(SagaQuery query) {
    return tracking.shards().page(query).lines().stream().map(line -> line.saga().saga()).toList();
  }

  @Test
  void a_page_looks_at_a_bounded_number_of_sagas_and_says_where_it_stopped() {
    for (int i = 0; i < LocalShard.LOOKED_AT + 50; i++) {
      tracking.send(bare("begun", "s%05d".formatted(i), at(i)));
    }
    SagaQuery rare = new SagaQuery("stuck", null, null, null, null, "s", 10, null, false);
    Page first = tracking.shards().page(rare);
    assertThat(first.lines()).isEmpty();
    assertThat(first.stop()).asString(UTF_8).startsWith("s00999");
  }

  @Test
  void the_way_of_an_event_is_measured_whichever_came_first() {
    List<Sent> events =
        List.of(
            event(CHAIN, "begun", "s", at(0)),
            event(CHAIN, "a_done", "s", at(100))
                .with(EventHeaders.CAUSATION, "s/begun")
                .with(EventHeaders.RECEIVED, at(20))
                .with(EventHeaders.STARTED, at(50)));
    tracking.send(events);
    Map<String, Long> straight = ways();
    assertThat(straight)
        .containsOnly(
            Map.entry("broker " + Durations.bucket(20), 1L),
            Map.entry("inbox " + Durations.bucket(30), 1L),
            Map.entry("handler " + Durations.bucket(40), 1L),
            Map.entry("outbox " + Durations.bucket(10), 1L),
            Map.entry("total " + Durations.bucket(100), 1L));
    tracking.close();
    tracking = new Tracking(folder, CHAIN);
    tracking.send(events.get(1), events.get(0), events.get(1));
    assertThat(ways()).isEqualTo(straight);
  }

  private Map<String, Long> ways() {
    Map<String, Long> ways = new HashMap<>();
    tracking
        .shards()
        .counts(Counter.HOURS, Counter.all(Counter.HOURS))
        .forEach(
            (key, count) -> {
              List<String> parts = Counter.parts(key);
              ways.put(parts.get(4) + " " + parts.get(5), count);
            });
    return ways;
  }

  @Test
  void a_join_waits_for_each_of_its_branches() {
    try (Tracking diamond = new Tracking(folder.resolve("diamond"), DIAMOND)) {
      diamond.send(
          bare("begun", "s", at(0)),
          event(DIAMOND, "begun", "s", at(1)),
          event(DIAMOND, "a_done", "s", at(2)),
          event(DIAMOND, "b_done", "s", at(3)));
      assertThat(Objects.requireNonNull(diamond.saga(DIAMOND, "s")).waiting()).containsExactly("c");
    }
  }
}
