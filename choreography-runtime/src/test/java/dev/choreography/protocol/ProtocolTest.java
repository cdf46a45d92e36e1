// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What holds of the rules one by one; what comes of them together is for the explorer. */
class ProtocolTest {

  private static final int FLIGHT = 0;
  private static final int HOTEL = 1;
  private static final int CAR = 2;
  private static final Graph TRIP = Graph.of(List.of(List.of(), List.of(), List.of(FLIGHT, HOTEL)));

  @Test
  void a_flight_beside_a_hotel_hears_that_the_hotel_failed() {
    assertThat(Protocol.hears(TRIP, FLIGHT))
        .containsExactlyInAnyOrder(
            Signal.STARTED,
            Signal.CANCELLED,
            Signal.failed(HOTEL),
            Signal.failed(CAR),
            Signal.completed(CAR));
  }

  @Test
  void a_join_hears_that_each_predecessor_completed_and_waits_for_all() {
    assertThat(Protocol.hears(TRIP, CAR))
        .containsExactlyInAnyOrder(
            Signal.CANCELLED, Signal.completed(FLIGHT), Signal.completed(HOTEL));
    Heard one = Heard.NOTHING.plus(Signal.completed(HOTEL));
    assertThat(Protocol.decide(TRIP, CAR, State.WAITING, one)).isEqualTo(Move.NOTHING);
    assertThat(Protocol.decide(TRIP, CAR, State.WAITING, one.plus(Signal.completed(FLIGHT))))
        .isEqualTo(Move.RUN);
  }

  @Test
  void a_step_is_told_of_its_successors_compensation_and_not_of_farther_ones() {
    assertThat(Protocol.hears(Graphs.CHAIN_WITH_SHORTCUT, 0))
        .contains(Signal.failed(1), Signal.compensated(1))
        .doesNotContain(Signal.failed(3), Signal.failed(2), Signal.compensated(2));
  }

  @Test
  void a_compensation_waits_until_every_near_follower_is_resolved() {
    Graph fork = Graph.of(List.of(List.of(), List.of(0), List.of(0)));
    Heard failed = Heard.NOTHING.plus(Signal.STARTED).plus(Signal.failed(1));
    assertThat(Protocol.decide(fork, 0, State.COMPLETED, failed)).isEqualTo(Move.NOTHING);
    assertThat(Protocol.decide(fork, 0, State.COMPLETED, failed.plus(Signal.compensated(2))))
        .isEqualTo(Move.COMPENSATE);
  }

  @Test
  void an_abort_is_looked_at_before_a_cancel() {
    Heard both = Heard.NOTHING.plus(Signal.CANCELLED).plus(Signal.failed(HOTEL));
    assertThat(Protocol.decide(TRIP, FLIGHT, State.NONE, both)).isEqualTo(Move.SKIP);
  }

  @Test
  void a_deadline_is_made_a_cancel_once() {
    Heard late = Heard.NOTHING.plus(Signal.STARTED).plus(Signal.DEADLINE_PASSED);
    assertThat(Protocol.decide(TRIP, FLIGHT, State.COMPLETED, late)).isEqualTo(Move.CANCEL);
    assertThat(Protocol.decide(TRIP, FLIGHT, State.COMPLETED, late.plus(Signal.CANCELLED)))
        .isEqualTo(Move.NOTHING);
  }

  @Test
  void a_step_whose_handler_errs_runs_again_only_when_it_is_taken_up() {
    Heard started = Heard.NOTHING.plus(Signal.STARTED);
    assertThat(Protocol.decide(TRIP, FLIGHT, State.RETRYING, started)).isEqualTo(Move.NOTHING);
    assertThat(Protocol.decide(TRIP, FLIGHT, State.WAITING, started)).isEqualTo(Move.RUN);
    assertThat(Protocol.decide(TRIP, FLIGHT, State.RETRYING, started.plus(Signal.failed(HOTEL))))
        .isEqualTo(Move.SKIP);
  }

  @Test
  void whatever_it_hears_a_step_that_has_ended_or_is_set_aside_does_nothing() {
    Set<State> acting = EnumSet.of(State.NONE, State.WAITING, State.RETRYING, State.COMPLETED);
    for (Graph graph : Graphs.upTo(3).toList()) {
      for (int step = 0; step < graph.size(); step++) {
        for (State state : EnumSet.complementOf(EnumSet.copyOf(acting))) {
          for (long bits = 0; bits < 8L << (3 * graph.size()); bits++) {
            assertThat(Protocol.decide(graph, step, state, new Heard(bits)))
                .isEqualTo(Move.NOTHING);
          }
        }
      }
    }
  }

  @Test
  void a_step_decides_on_nothing_that_it_does_not_listen_to() {
    for (Graph graph : Graphs.upTo(3).toList()) {
      for (int step = 0; step < graph.size(); step++) {
        Heard listened = Heard.NOTHING.plus(Signal.DEADLINE_PASSED);
        for (Signal signal : Protocol.hears(graph, step)) {
          listened = listened.plus(signal);
        }
        for (int other = 0; other < graph.size(); other++) {
          if (!graph.canBeUndone(other)) {
            listened = listened.plus(Signal.compensated(other)); // which nobody emits
          }
        }
        for (State state : State.values()) {
          for (long bits = 0; bits < 8L << (3 * graph.size()); bits++) {
            assertThat(Protocol.decide(graph, step, state, new Heard(bits)))
                .isEqualTo(Protocol.decide(graph, step, state, new Heard(bits & listened.bits())));
          }
        }
      }
    }
  }

  @Test
  void the_names_of_the_states_that_databases_hold_never_change() {
    assertThat(State.values())
        .extracting(State::name)
        .contains(
            "NONE",
            "WAITING",
            "RETRYING",
            "COMPLETED",
            "CONFIRMED",
            "FAILED",
            "COMPENSATED",
            "SKIPPED",
            "COMPENSATING",
            "CONFIRMING",
            "PARKED");
  }
}
