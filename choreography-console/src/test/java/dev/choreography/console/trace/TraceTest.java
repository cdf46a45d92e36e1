// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import static dev.choreography.console.trace.Declared.CHAIN;
import static dev.choreography.console.trace.Declared.DIAMOND;
import static dev.choreography.console.trace.Declared.trace;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.console.trace.Trace.Debt;
import dev.choreography.console.trace.Trace.Status;
import dev.choreography.protocol.State;
import java.util.List;
import org.junit.jupiter.api.Test;

class TraceTest {

  @Test
  void a_saga_has_completed_when_every_sink_has() {
    assertThat(trace(CHAIN, "begun", "a_done", "b_done").status()).isEqualTo(Status.IN_FLIGHT);
    assertThat(trace(CHAIN, "begun", "a_done", "b_done", "c_done").status())
        .isEqualTo(Status.COMPLETED);
  }

  @Test
  void a_saga_is_compensated_when_every_root_is_undone_or_failed() {
    Trace trace = trace(CHAIN, "begun", "a_done", "b_done", "c_failed", "b_undone");
    assertThat(trace.status()).isEqualTo(Status.IN_FLIGHT);
    trace.add("a_undone");
    assertThat(trace.status()).isEqualTo(Status.COMPENSATED);
    assertThat(trace(CHAIN, "begun", "a_failed").status()).isEqualTo(Status.COMPENSATED);
  }

  @Test
  void order_and_copies_of_events_change_nothing() {
    Trace trace = trace(CHAIN, "c_done", "begun", "a_done");
    assertThat(trace.add("a_done")).isFalse();
    assertThat(trace.add("b_done")).isTrue();
    assertThat(trace.status()).isEqualTo(Status.COMPLETED);
    assertThat(trace.owed()).isEmpty();
  }

  @Test
  void an_event_of_another_choreography_is_not_added() {
    assertThat(trace(CHAIN).add("boat_booked")).isFalse();
  }

  @Test
  void who_runs_next_owes_one_of_two_events() {
    assertThat(trace(CHAIN, "begun").owed())
        .containsExactly(new Debt("a-service", "a", List.of("a_done", "a_failed")));
    assertThat(trace(CHAIN, "begun", "a_done").owed().get(0))
        .hasToString("b-service owes b_done or b_failed");
  }

  @Test
  void who_has_to_undo_next_owes_it_and_those_before_do_not_yet() {
    assertThat(trace(CHAIN, "begun", "a_done", "b_done", "c_failed").owed())
        .containsExactly(new Debt("b-service", "b", List.of("b_undone")));
    assertThat(trace(CHAIN, "begun", "a_done", "b_failed").owed())
        .containsExactly(new Debt("a-service", "a", List.of("a_undone")));
  }

  @Test
  void a_parallel_branch_owes_its_undoing_or_its_skipping() {
    assertThat(trace(DIAMOND, "begun", "a_done", "b_failed", "c_done").owed())
        .contains(new Debt("c-service", "c", List.of("c_undone")));
    assertThat(trace(DIAMOND, "begun", "a_done", "b_failed").owed())
        .contains(new Debt("c-service", "c", List.of("c_undone")));
  }

  @Test
  void a_join_waits_for_all_that_it_follows() {
    assertThat(trace(DIAMOND, "begun", "a_done", "b_done").owed())
        .containsExactly(new Debt("c-service", "c", List.of("c_done", "c_failed")));
  }

  @Test
  void a_step_that_was_undone_without_having_completed_was_skipped() {
    Trace trace = trace(DIAMOND, "begun", "a_done", "b_failed", "c_undone");
    assertThat(trace.state(0)).isEqualTo(State.COMPLETED);
    assertThat(trace.state(1)).isEqualTo(State.FAILED);
    assertThat(trace.state(2)).isEqualTo(State.SKIPPED);
    assertThat(trace.state(3)).isEqualTo(State.NONE);
  }
}
