// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import static dev.choreography.console.trace.Declared.CHAIN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.control.Cancel;
import dev.choreography.control.Parked;
import dev.choreography.control.Resolve;
import dev.choreography.protocol.EventHeaders;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExplanationTest {

  private static final Instant IN_TIME = Instant.ofEpochSecond(60);
  private static final Instant LATE = Instant.ofEpochSecond(1_000);

  private static Found event(String topic, String cause, long at) {
    return Found.event(topic)
        .at(at, at)
        .of(CHAIN, topic.charAt(0) + "-service")
        .after(cause)
        .with(EventHeaders.RECEIVED, Instant.ofEpochMilli(at - 60).toString())
        .with(EventHeaders.STARTED, Instant.ofEpochMilli(at - 50).toString())
        .with(EventHeaders.TIME, Instant.ofEpochMilli(at - 20).toString());
  }

  private static final TracedEvent BARE = Found.event("begun").at(1_000, 1).build();
  private static final TracedEvent ADOPTED =
      Found.event("begun").at(1_100, 2).of(CHAIN, "a-service").build();
  private static final TracedEvent A_DONE = event("a_done", "begun", 1_300).build();
  private static final TracedEvent B_FAILED =
      event("b_failed", "a_done", 1_500)
          .with(EventHeaders.OUTCOME, "rejected")
          .saying(new Cancel("s", "no room", ""))
          .build();

  private static List<String> explained(Instant now, TracedEvent... events) {
    return Explanation.of(SagaTrace.of("s", List.of(CHAIN), List.of(events)).get(0), now);
  }

  @Test
  void one_that_was_undone_says_why_and_where_the_time_went() {
    TracedEvent undone =
        event("a_undone", "b_failed", 1_700).with(EventHeaders.OUTCOME, "compensated").build();
    assertThat(explained(IN_TIME, BARE, ADOPTED, A_DONE, B_FAILED, undone))
        .containsExactly(
            "s is a saga of test version 1, started at 1970-01-01T00:00:01Z, to end by"
                + " 1970-01-01T00:10:00Z.",
            "a completed after 180 ms.",
            "b failed after 200 ms: the business refused (no room).",
            "a was undone after 200 ms, because of b_failed.",
            "Everything that it did is undone.",
            "Of its time, 420 ms in the broker, 30 ms in the inbox, 90 ms in the handler, 60 ms in"
                + " the outbox.");
  }

  @Test
  void one_in_flight_says_who_owes_what_and_how_long_it_has() {
    assertThat(explained(IN_TIME, BARE, ADOPTED, A_DONE))
        .endsWith(
            "b-service owes b_done or b_failed.",
            "It is in flight, and has 9 min left.",
            "Of its time, 140 ms in the broker, 10 ms in the inbox, 30 ms in the handler, 20 ms in"
                + " the outbox.");
  }

  @Test
  void one_that_is_late_is_called_stuck() {
    assertThat(explained(LATE, BARE, ADOPTED))
        .endsWith(
            "a-service owes a_done or a_failed.",
            "It is stuck: it should have ended 6 min 40 s ago.");
  }

  @Test
  void what_operators_did_and_what_waits_for_them_is_told() {
    TracedEvent parked = said("parked", new Parked("s", "a", 1, "no connection."), 2_000);
    assertThat(explained(IN_TIME, BARE, ADOPTED, A_DONE, B_FAILED, parked))
        .contains(
            "a-service gave up a at 1970-01-01T00:00:02Z: no connection.",
            "a of a-service is parked for the first time, since 1970-01-01T00:00:02Z, and waits for"
                + " an operator: no connection.");
    TracedEvent resolved = said("resolve", new Resolve("s", "a", 1, "ann", "by phone"), 3_000);
    assertThat(explained(IN_TIME, BARE, ADOPTED, A_DONE, B_FAILED, parked, resolved))
        .contains("ann resolved a by hand at 1970-01-01T00:00:03Z: by phone.")
        .noneMatch(sentence -> sentence.contains("waits for an operator"));
    TracedEvent cancel = said("cancel", new Cancel("s", "customer called", ""), 2_000);
    assertThat(explained(IN_TIME, BARE, ADOPTED, cancel))
        .contains("Somebody asked at 1970-01-01T00:00:02Z that it not complete: customer called.");
  }

  @Test
  void what_a_command_led_to_names_the_command_and_times_are_those_that_people_read() {
    TracedEvent retried =
        Found.event("a_undone")
            .at(3_000, 3)
            .of(CHAIN, "a-service")
            .with(EventHeaders.CAUSATION, EventHeaders.id("s", "retry") + "/a/1")
            .build();
    assertThat(explained(IN_TIME, BARE, ADOPTED, A_DONE, B_FAILED, retried))
        .contains("a was undone, because of retry.");
    TracedEvent resolved =
        Found.event("a_undone")
            .at(3_000, 3)
            .of(CHAIN, "a-service")
            .with(EventHeaders.CAUSATION, EventHeaders.id("s", "resolve") + "/a/1")
            .with(EventHeaders.OUTCOME, "resolved")
            .build();
    assertThat(explained(IN_TIME, BARE, ADOPTED, A_DONE, B_FAILED, resolved))
        .contains("a counts as undone, by hand.");
    TracedEvent swift =
        Found.event("a_done")
            .at(1_400, 3)
            .of(CHAIN, "a-service")
            .with(EventHeaders.RECEIVED, "1970-01-01T00:00:01.390000000Z")
            .with(EventHeaders.STARTED, "1970-01-01T00:00:01.390012345Z")
            .with(EventHeaders.TIME, "1970-01-01T00:00:02.639012345Z")
            .build();
    assertThat(explained(IN_TIME, swift))
        .startsWith(
            "s is a saga of test version 1, started at 1970-01-01T00:00:02.639Z, to end by"
                + " 1970-01-01T00:10:00Z.")
        .endsWith("Of its time, 12 µs in the inbox, 1.2 s in the handler, 0 ms in the outbox.");
  }

  private static TracedEvent said(
      String type, org.apache.avro.generic.IndexedRecord event, long at) {
    return Found.event("test_control")
        .at(at, at)
        .of(CHAIN, "a-service")
        .with(EventHeaders.TYPE, type)
        .with(EventHeaders.ID, "s/" + type + at)
        .saying(event)
        .build();
  }
}
