// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import static dev.choreography.console.trace.Declared.CHAIN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.control.Parked;
import dev.choreography.control.Resolve;
import dev.choreography.control.Retry;
import dev.choreography.protocol.EventHeaders;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

class ParkingTest {

  private static final TracedEvent FIRST =
      control("parked", 1, new Parked("s", "a", 1, "no answer"));
  private static final TracedEvent RETRIED = control("retry", 2, new Retry("s", "a", 1, "ann", ""));
  private static final TracedEvent SECOND =
      control("parked", 3, new Parked("s", "a", 2, "still no answer"));
  private static final TracedEvent RESOLVED =
      control("resolve", 4, new Resolve("s", "a", 2, "ann", "called them"));

  private static TracedEvent control(String type, long offset, SpecificRecord event) {
    return Found.event("test_control")
        .at(1_000 * offset, offset)
        .of(CHAIN, "a-service")
        .with(EventHeaders.TYPE, type)
        .with(EventHeaders.ID, "s/" + type + "/" + offset)
        .saying(event)
        .build();
  }

  @Test
  void a_step_is_parked_until_that_parking_is_answered() {
    assertThat(Parking.open(List.of(FIRST)))
        .singleElement()
        .satisfies(
            parking -> {
              assertThat(parking.step()).isEqualTo("a");
              assertThat(parking.times()).isEqualTo(1);
              assertThat(parking.error()).isEqualTo("no answer");
              assertThat(parking.participant()).isEqualTo("a-service");
            });
    assertThat(Parking.open(List.of(FIRST, RETRIED))).isEmpty();
  }

  @Test
  void an_answer_to_an_earlier_parking_is_none_to_a_later_one() {
    assertThat(Parking.open(List.of(SECOND, RETRIED, FIRST)))
        .singleElement()
        .extracting(Parking::times)
        .isEqualTo(2);
    assertThat(Parking.open(List.of(FIRST, RETRIED, SECOND, RESOLVED))).isEmpty();
  }

  @Test
  void a_step_that_is_not_parked_is_not_answered_for() {
    SagaTrace trace = SagaTrace.of("s", List.of(CHAIN), List.of(FIRST, RETRIED, SECOND)).get(0);
    assertThat(Parking.of(trace, "a").times()).isEqualTo(2);
    assertThatThrownBy(() -> Parking.of(trace, "b"))
        .isInstanceOf(Refusal.class)
        .hasMessage("step 'b' of saga s is not parked: `./saga parked` lists what is");
  }

  @Test
  void who_answers_and_why_is_in_the_trace() {
    SagaTrace trace = SagaTrace.of("s", List.of(CHAIN), List.of(SECOND, RESOLVED)).get(0);
    assertThat(trace.events())
        .extracting(event -> TraceText.says(trace, event))
        .containsExactly(
            "parked, step: a, times: 2, error: still no answer",
            "resolve, step: a, times: 2, who: ann, why: called them");
  }
}
