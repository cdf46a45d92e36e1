// SPDX-License-Identifier: Apache-2.0
package dev.choreography.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.Choreography;
import dev.choreography.examples.events.Asked;
import dev.choreography.examples.events.FirstDone;
import dev.choreography.examples.events.FirstRefused;
import dev.choreography.examples.events.FirstUndone;
import dev.choreography.examples.events.SecondDone;
import dev.choreography.examples.events.SecondRefused;
import dev.choreography.examples.events.SecondUndone;
import dev.choreography.examples.events.ThirdDone;
import dev.choreography.examples.events.ThirdRefused;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SagaPathTest {

  private static final Choreography CHAIN =
      Choreography.named("chain")
          .startedBy(Asked.class)
          .step(
              "first",
              step ->
                  step.ownedBy("one")
                      .after(Asked.class)
                      .completes(FirstDone.class)
                      .fails(FirstRefused.class)
                      .compensates(FirstUndone.class))
          .step(
              "second",
              step ->
                  step.ownedBy("two")
                      .after(FirstDone.class)
                      .completes(SecondDone.class)
                      .fails(SecondRefused.class)
                      .compensates(SecondUndone.class))
          .step(
              "third",
              step ->
                  step.ownedBy("three")
                      .after(SecondDone.class)
                      .completes(ThirdDone.class)
                      .fails(ThirdRefused.class))
          .build();

  /** A saga of these events, a second after each other. */
  private static SagaPath path(String... types) {
    SagaPath path = new SagaPath(CHAIN);
    for (int i = 0; i < types.length; i++) {
      path.add(new SagaPath.Event(types[i], Instant.ofEpochSecond(i), "", ""));
    }
    return path;
  }

  @Test
  void a_saga_has_completed_when_its_last_step_has() {
    SagaPath path = path("asked", "first_done", "second_done", "third_done");

    assertThat(path.violations()).isEmpty();
    assertThat(path).hasToString("completed    asked, first_done, second_done, third_done");
  }

  @Test
  void a_saga_whose_steps_were_undone_in_order_keeps_all_promises() {
    SagaPath path =
        path(
            "asked", "first_done", "second_done", "third_refused", "second_undone", "first_undone");

    assertThat(path.isCompensated()).isTrue();
    assertThat(path.violations()).isEmpty();
  }

  @Test
  void a_saga_that_stops_half_way_is_told() {
    assertThat(path("asked", "first_done", "second_refused").violations())
        .isEqualTo(List.of("has not ended"));
  }

  @Test
  void a_step_that_was_not_undone_is_told() {
    assertThat(
            path("asked", "first_done", "second_done", "third_refused", "first_undone")
                .violations())
        .isEqualTo(List.of("second was done and not undone"));
  }

  @Test
  void a_step_that_was_undone_before_its_follower_is_told() {
    assertThat(
            path(
                    "asked",
                    "first_done",
                    "second_done",
                    "third_refused",
                    "first_undone",
                    "second_undone")
                .violations())
        .isEqualTo(List.of("first was undone before second"));
  }

  @Test
  void an_event_tells_why_it_is_there_unless_its_name_does() {
    SagaPath path = path("asked");
    path.add(new SagaPath.Event("first_undone", Instant.ofEpochSecond(2), "skipped", "cancelled"));
    path.add(
        new SagaPath.Event("second_refused", Instant.ofEpochSecond(1), "rejected", "none left"));

    assertThat(path)
        .hasToString("compensated  asked, second_refused (none left), first_undone (skipped)");
  }
}
