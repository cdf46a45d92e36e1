// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import static dev.choreography.console.trace.Declared.CHAIN;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.choreography.control.Cancel;
import dev.choreography.kafka.DeadLetterHeaders;
import dev.choreography.protocol.EventHeaders;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class SagaTraceTest {

  private static final Instant IN_TIME = Instant.ofEpochSecond(60);
  private static final TracedEvent BARE = Found.event("begun").at(1_000, 7).build();
  private static final TracedEvent ADOPTED =
      Found.event("begun").at(1_100, 8).of(CHAIN, "a-service").build();
  private static final TracedEvent A_DONE =
      Found.event("a_done").at(1_250, 2).of(CHAIN, "a-service").after("begun").build();
  private static final TracedEvent B_FAILED =
      Found.event("b_failed")
          .at(13_250, 0)
          .of(CHAIN, "b-service")
          .after("a_done")
          .with(EventHeaders.OUTCOME, "rejected")
          .saying(new Cancel("s", "no room", ""))
          .build();
  private static final TracedEvent CANCEL =
      Found.event("test_control")
          .at(2_000, 0)
          .of(CHAIN, "saga")
          .with(EventHeaders.TYPE, "cancel")
          .saying(new Cancel("s", "changed my mind", "ann"))
          .build();

  private final TraceText text = new TraceText(ZoneOffset.UTC, (code, words) -> words);

  private static SagaTrace trace(TracedEvent... events) {
    List<SagaTrace> traces = SagaTrace.of("s", List.of(CHAIN), List.of(events));
    assertThat(traces).hasSize(1);
    return traces.get(0);
  }

  private List<String> lines(SagaTrace trace) {
    return trace.events().stream()
        .map(event -> text.event(TraceJson.event(trace, event), "test_control".length()))
        .toList();
  }

  @Test
  void each_event_follows_its_cause_and_says_when_where_who_and_what() {
    SagaTrace trace = trace(B_FAILED, A_DONE, ADOPTED, BARE);
    assertThat(text.head(TraceJson.status(trace, IN_TIME)))
        .isEqualTo("s, test version 1, until 1970-01-01 00:10:00");
    assertThat(lines(trace))
        .containsExactly(
            "00:00:01.000             begun         3@7                       bare",
            "00:00:01.100    +100 ms  begun         3@8      a-service        adopted",
            "00:00:01.250    +150 ms  a_done        3@2      a-service",
            "00:00:13.250    +12.0 s  b_failed      3@0      b-service        rejected: no room");
    assertThat(text.end(TraceJson.status(trace, IN_TIME)))
        .containsExactly("in flight", "  a-service owes a_undone");
  }

  @Test
  void a_start_is_adopted_whatever_its_client_calls_it() {
    TracedEvent named =
        Found.event("begun")
            .at(1_000, 7)
            .with(EventHeaders.ID, "6f1b1b3e")
            .with(EventHeaders.TYPE, "com.example.begun")
            .build();
    SagaTrace trace = trace(A_DONE, ADOPTED, named);
    assertThat(lines(trace))
        .containsExactly(
            "00:00:01.000             begun         3@7                       bare",
            "00:00:01.100    +100 ms  begun         3@8      a-service        adopted",
            "00:00:01.250    +150 ms  a_done        3@2      a-service");
  }

  @Test
  void a_start_that_nobody_will_act_on_says_why_and_nobody_owes_anything() {
    Instant horizon = BARE.published().plus(Duration.ofDays(8));
    SagaTrace ignored = SagaTrace.of("s", List.of(CHAIN), List.of(BARE), horizon).get(0);
    assertThat(text.end(TraceJson.status(ignored, IN_TIME)))
        .containsExactly(
            "not begun: by its record's timestamp it was to end by 1970-01-01T00:00:01Z, so long ago"
                + " that every participant ignores it: publish it again with the time of now, in"
                + " milliseconds");
    TracedEvent letter =
        Found.event("a-service_dead_letters")
            .with(DeadLetterHeaders.TOPIC, "begun")
            .with(DeadLetterHeaders.REASON, "it is no Avro")
            .build();
    SagaTrace dead = trace(BARE, letter);
    assertThat(dead.status(Instant.ofEpochSecond(10_000))).isEqualTo("dead_letter");
    assertThat(dead.owed()).isEmpty();
    assertThat(dead.events()).containsExactly(BARE);
    assertThat(Explanation.of(dead, IN_TIME))
        .contains("Nobody acts on it: its start is a dead letter: it is no Avro.");
    assertThat(trace(BARE, letter, ADOPTED).status(IN_TIME)).isEqualTo("in_flight");
  }

  @Test
  void a_cancel_is_shown_and_those_that_have_not_run_owe_their_failure() {
    SagaTrace trace = trace(ADOPTED, A_DONE, CANCEL);
    assertThat(lines(trace).get(2))
        .endsWith(
            "test_control  3@0      saga             cancel, reason: changed my mind, who: ann");
    assertThat(text.end(TraceJson.status(trace, IN_TIME)))
        .containsExactly("in flight", "  b-service owes b_failed", "  c-service owes c_failed");
  }

  @Test
  void a_minute_past_its_deadline_a_saga_is_stuck() {
    SagaTrace trace = trace(ADOPTED, A_DONE);
    assertThat(trace.status(Instant.ofEpochSecond(660))).isEqualTo("in_flight");
    assertThat(text.end(TraceJson.status(trace, Instant.ofEpochSecond(661))))
        .containsExactly("stuck since 1970-01-01 00:11:00", "  b-service owes b_done or b_failed");
  }

  @Test
  void a_start_that_nobody_has_adopted_is_owed_by_the_first_step() {
    SagaTrace trace = trace(BARE);
    assertThat(trace.owed()).hasToString("[a-service owes a_done or a_failed]");
    assertThat(trace.deadline()).isEqualTo(BARE.published().plusMillis(1));
    assertThat(TraceJson.status(trace, IN_TIME).path("version").isNull()).isTrue();
    assertThat(text.head(TraceJson.status(trace, IN_TIME))).startsWith("s, test version open,");
    assertThat(Explanation.of(trace, IN_TIME).get(0))
        .startsWith("s is a saga of test, whose version is open until it is adopted, started");
    assertThat(TraceJson.status(trace(BARE, ADOPTED), IN_TIME).path("version").asInt()).isOne();
  }

  @Test
  void a_copy_is_marked_and_an_event_that_cannot_be_read_does_not_count() {
    TracedEvent again =
        Found.event("a_done").at(1_250, 3).of(CHAIN, "a-service").after("begun").build();
    TracedEvent unreadable =
        new TracedEvent(
            Found.event("c_done").at(1_300, 0).of(CHAIN, "c-service").build().record(), null);
    SagaTrace trace = trace(ADOPTED, A_DONE, again, unreadable);
    assertThat(lines(trace).get(2)).endsWith("copy");
    assertThat(lines(trace).get(3)).endsWith("cannot be read, see `./saga dead-letters`");
    assertThat(trace.hasEnded()).isFalse();
  }

  @Test
  void another_choreographys_events_are_not_this_sagas() {
    TracedEvent other = Found.event("a_done").with(EventHeaders.CHOREOGRAPHY, "other:1:x").build();
    assertThat(SagaTrace.of("s", List.of(CHAIN), List.of(other))).isEmpty();
    assertThat(trace(ADOPTED, other).events()).containsExactly(ADOPTED);
  }

  @Test
  void programs_are_told_the_same() {
    JsonNode json = TraceJson.whole(trace(BARE, ADOPTED, A_DONE), IN_TIME);
    assertThat(json.path("status").asText()).isEqualTo("in_flight");
    assertThat(json.path("owed").path(0).path("participant").asText()).isEqualTo("b-service");
    assertThat(json.path("events").path(1).path("adopted").asBoolean()).isTrue();
    assertThat(json.path("events").path(2).path("delay_ms").asLong()).isEqualTo(150);
    assertThat(json.path("events").path(2).path("partition").asInt()).isEqualTo(3);
  }
}
