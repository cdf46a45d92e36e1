// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.console.Remaining.Left;
import dev.choreography.console.Remaining.Standing;
import dev.choreography.console.trace.Declared;
import dev.choreography.console.trace.Found;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.control.Cancel;
import dev.choreography.control.Parked;
import dev.choreography.control.Resolve;
import dev.choreography.kafka.DeadLetterHeaders;
import dev.choreography.protocol.EventHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class RemainingTest {

  private static final Instant EARLY = Instant.EPOCH;
  private static final Instant LATE = Instant.parse("1970-01-01T00:11:01Z");

  private final Remaining remaining = new Remaining(List.of(Declared.CHAIN), null);

  private static TracedEvent event(String topic) {
    return Found.event(topic).of(Declared.CHAIN, "someone").build();
  }

  private static TracedEvent bare(String saga) {
    return Found.event("begun").saying(new Cancel(saga, "", "")).build();
  }

  private Standing standing(Instant now) {
    return remaining.standings(now).get(0);
  }

  @Test
  void a_saga_is_left_until_its_last_step_has_completed_in_whatever_order_its_events_come() {
    List<String> events = new ArrayList<>(List.of("begun", "a_done", "b_done"));
    Collections.reverse(events);
    events.forEach(each -> remaining.add(event(each)));
    assertThat(standing(EARLY).left())
        .singleElement()
        .satisfies(
            left -> assertThat(left.owed()).hasToString("[c-service owes c_done or c_failed]"));
    remaining.add(event("c_done"));
    remaining.add(event("b_done"));
    assertThat(standing(EARLY).left()).isEmpty();
    assertThat(standing(EARLY).ended()).isOne();
  }

  @Test
  void a_saga_is_left_until_its_first_step_was_undone() {
    List.of("begun", "a_done", "b_failed").forEach(each -> remaining.add(event(each)));
    assertThat(standing(EARLY).left()).singleElement().extracting(Left::saga).isEqualTo("s");
    remaining.add(event("a_undone"));
    assertThat(standing(EARLY).left()).isEmpty();
  }

  @Test
  void a_saga_a_minute_past_its_deadline_is_stuck() {
    remaining.add(event("begun"));
    assertThat(standing(EARLY).left()).extracting(Left::stuck).containsExactly(false);
    assertThat(standing(LATE).left()).extracting(Left::stuck).containsExactly(true);
  }

  @Test
  void a_start_is_of_no_version_until_it_is_adopted() {
    remaining.add(bare("s"));
    assertThat(remaining.notAdopted("test", EARLY)).containsExactly("s");
    assertThat(standing(EARLY).left()).isEmpty();
    remaining.add(event("begun"));
    remaining.add(bare("s"));
    assertThat(remaining.notAdopted("test", EARLY)).isEmpty();
    assertThat(standing(EARLY).left()).hasSize(1);
  }

  @Test
  void a_start_that_nobody_will_adopt_is_waited_for_by_nobody() {
    remaining.add(new TracedEvent(bare("s").record(), null));
    remaining.add(bare("another than its key"));
    assertThat(remaining.notAdopted("test", EARLY)).isEmpty();
  }

  @Test
  void
      a_start_with_a_timestamp_of_long_ago_and_one_that_is_a_dead_letter_are_told_and_not_waited_for() {
    Remaining all = new Remaining(List.of(Declared.CHAIN), Duration.ofDays(8));
    all.add(bare("s"));
    assertThat(all.notAdopted("test", EARLY)).containsExactly("s");
    assertThat(all.refused("test", EARLY.plus(Duration.ofDays(9))))
        .hasEntrySatisfying("s", why -> assertThat(why).contains("timestamp", "ignores it"));
    assertThat(all.notAdopted("test", EARLY.plus(Duration.ofDays(9)))).isEmpty();
    TracedEvent letter =
        Found.event("a-service_dead_letters")
            .with(DeadLetterHeaders.TOPIC, "begun")
            .with(DeadLetterHeaders.REASON, "no Avro")
            .build();
    all.deadLetters(DeadLetters.of(List.of(new PutAside("a-service", letter.record(), null))));
    assertThat(all.refused("test", EARLY))
        .containsEntry("s", "its start is a dead letter: no Avro");
    assertThat(all.notAdopted("test", EARLY)).isEmpty();
    all.add(event("begun"));
    assertThat(all.standings(EARLY).get(0).left()).isEmpty();
    all.add(event("a_done"));
    assertThat(all.standings(EARLY).get(0).left()).hasSize(1);
  }

  @Test
  void a_saga_that_has_completed_is_left_while_a_step_of_it_is_parked() {
    List.of("begun", "a_done", "b_done", "c_done").forEach(each -> remaining.add(event(each)));
    remaining.add(command("parked", new Parked("s", "a", 1, "no")));
    assertThat(standing(EARLY).ended()).isZero();
    assertThat(standing(EARLY).left())
        .singleElement()
        .satisfies(left -> assertThat(left.parked()).hasSize(1));
    remaining.add(command("resolve", new Resolve("s", "a", 1, "ann", "by hand")));
    assertThat(standing(EARLY).left()).isEmpty();
    assertThat(standing(EARLY).ended()).isOne();
  }

  private static TracedEvent command(String type, org.apache.avro.generic.IndexedRecord event) {
    return Found.event("test_control")
        .of(Declared.CHAIN, "a-service")
        .with(EventHeaders.TYPE, type)
        .saying(event)
        .build();
  }
}
