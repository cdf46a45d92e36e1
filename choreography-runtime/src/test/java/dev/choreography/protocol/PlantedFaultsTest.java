// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import static dev.choreography.protocol.Promise.ENDS_WHOLE;
import static dev.choreography.protocol.Promise.EXECUTED_ONCE;
import static dev.choreography.protocol.Promise.SUCCESS_STANDS;
import static dev.choreography.protocol.Promise.UNDONE_AFTER_ITS_FOLLOWERS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.protocol.Explorer.Trouble;
import dev.choreography.protocol.Explorer.Violation;
import dev.choreography.protocol.Signal.Kind;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The explorer finds what would be wrong with rules that are nearly right. */
class PlantedFaultsTest {

  private static final Set<Trouble> NONE = EnumSet.noneOf(Trouble.class);
  private static final Set<Trouble> LOSSES = EnumSet.of(Trouble.LOSSES);
  private static final Set<Trouble> CANCEL = EnumSet.of(Trouble.CANCEL);
  private static final Set<Trouble> ALL = EnumSet.complementOf(EnumSet.of(Trouble.LOSSES));

  private static final Graph ONE_STEP = Graph.of(List.of(List.of()));
  private static final Graph CHAIN = Graph.of(List.of(List.of(), List.of(0)));
  private static final Graph CHAIN_OF_THREE = Graph.of(List.of(List.of(), List.of(0), List.of(1)));
  private static final Graph PARALLEL = Graph.of(List.of(List.of(), List.of()));
  private static final Graph FORK = Graph.of(List.of(List.of(), List.of(0), List.of(0)));
  private static final Graph JOIN = Graph.of(List.of(List.of(), List.of(), List.of(0, 1)));

  @Test
  void the_rules_that_the_faults_are_planted_in_are_otherwise_those_of_the_production() {
    Rules rewritten = new RewrittenRules();
    assertThat(Stream.concat(Graphs.upTo(3), Stream.of(Graphs.CHAIN_WITH_SHORTCUT)))
        .allSatisfy(
            graph -> {
              for (int step = 0; step < graph.size(); step++) {
                assertThat(rewritten.hears(graph, step)).isEqualTo(Protocol.hears(graph, step));
                for (State state : State.values()) {
                  for (long bits = 0; bits < 8L << (3 * graph.size()); bits++) {
                    Heard heard = new Heard(bits);
                    Set<Signal> says = Protocol.says(graph, step, state, heard);
                    if (!rewritten.says(graph, step, state, heard).equals(says)) {
                      assertThat(rewritten.says(graph, step, state, heard))
                          .as("step %d, %s, %s", step, state, heard)
                          .isEqualTo(says);
                    }
                    Move move = Protocol.decide(graph, step, state, heard);
                    if (rewritten.decide(graph, step, state, heard) != move) {
                      assertThat(rewritten.decide(graph, step, state, heard))
                          .as("step %d, %s, %s", step, state, heard)
                          .isEqualTo(move);
                    }
                  }
                }
              }
            });
  }

  @Test
  void a_compensation_that_waits_for_nobody_overtakes_a_follower() {
    Rules rules =
        new RewrittenRules() {
          @Override
          int awaited(Graph graph, int step) {
            return 0;
          }
        };
    assertThat(promisesBroken(rules, NONE, FORK)).contains(UNDONE_AFTER_ITS_FOLLOWERS);
    assertThat(promisesBroken(rules, ALL, ONE_STEP, CHAIN, CHAIN_OF_THREE, PARALLEL)).isEmpty();
  }

  @Test
  void without_the_transitive_reduction_a_saga_stops_half_way_on_a_chain_with_a_shortcut() {
    Rules rules =
        new RewrittenRules() {
          @Override
          int near(Graph graph, int step) {
            return graph.successors(step);
          }
        };
    assertThat(promisesBroken(rules, NONE, Graphs.CHAIN_WITH_SHORTCUT)).contains(ENDS_WHOLE);
    assertThat(promisesBroken(rules, ALL, Graphs.upTo(3).toArray(Graph[]::new))).isEmpty();
  }

  @Test
  void a_step_that_is_deaf_to_failures_of_parallel_branches_keeps_what_it_did() {
    Rules rules =
        new RewrittenRules() {
          @Override
          int parallel(Graph graph, int step) {
            return 0;
          }
        };
    assertThat(promisesBroken(rules, NONE, PARALLEL)).contains(ENDS_WHOLE);
    assertThat(promisesBroken(rules, ALL, ONE_STEP, CHAIN, CHAIN_OF_THREE)).isEmpty();
  }

  @Test
  void a_compensation_that_awaits_the_followers_of_a_failed_step_never_comes() {
    Rules rules =
        new RewrittenRules() {
          @Override
          int neverRunAfterFailure(Graph graph, int failed) {
            return 0;
          }
        };
    assertThat(promisesBroken(rules, NONE, JOIN)).contains(ENDS_WHOLE);
    assertThat(promisesBroken(rules, ALL, ONE_STEP, CHAIN, CHAIN_OF_THREE, PARALLEL)).isEmpty();
  }

  @Test
  void a_skipped_step_without_a_row_is_executed_by_an_event_that_comes_late() {
    Rules rules =
        new RewrittenRules() {
          @Override
          public boolean keepsRow(State state) {
            return state != State.SKIPPED;
          }
        };
    assertThat(promisesBroken(rules, NONE, PARALLEL)).contains(EXECUTED_ONCE);
    assertThat(promisesBroken(rules, NONE, ONE_STEP, CHAIN)).isEmpty();
  }

  @Test
  void a_cancel_obeyed_after_the_execution_leaves_its_effect_and_may_undo_a_success() {
    Rules rules =
        new RewrittenRules() {
          @Override
          Move cancelledAfterExecution() {
            return Move.FAIL;
          }
        };
    assertThat(promisesBroken(rules, CANCEL, CHAIN)).contains(ENDS_WHOLE, SUCCESS_STANDS);
    assertThat(promisesBroken(rules, NONE, Graphs.upTo(3).toArray(Graph[]::new))).isEmpty();
  }

  @Test
  void without_a_repair_a_lost_event_leaves_a_saga_half_way() {
    Rules rules =
        new RewrittenRules() {
          @Override
          public Set<Signal> says(Graph graph, int step, State state, Heard heard) {
            return Set.of();
          }
        };
    assertThat(promisesBroken(rules, LOSSES, CHAIN)).contains(ENDS_WHOLE);
    assertThat(promisesBroken(rules, ALL, Graphs.upTo(3).toArray(Graph[]::new))).isEmpty();
  }

  @Test
  void a_repair_that_says_nothing_of_failures_leaves_a_saga_half_way() {
    assertThat(promisesBroken(silent(State.FAILED), LOSSES, CHAIN)).contains(ENDS_WHOLE);
  }

  @Test
  void a_repair_that_says_nothing_of_what_is_undone_leaves_a_saga_half_way() {
    Rules rules = silent(State.COMPENSATED);
    assertThat(promisesBroken(rules, LOSSES, CHAIN_OF_THREE)).contains(ENDS_WHOLE);
    assertThat(promisesBroken(rules, LOSSES, ONE_STEP, CHAIN, PARALLEL)).isEmpty();
  }

  @Test
  void a_repair_that_says_nothing_of_what_was_skipped_leaves_a_saga_half_way() {
    Rules rules = silent(State.SKIPPED);
    assertThat(promisesBroken(rules, LOSSES, FORK)).contains(ENDS_WHOLE);
    assertThat(promisesBroken(rules, LOSSES, ONE_STEP, CHAIN, CHAIN_OF_THREE)).isEmpty();
  }

  @Test
  void a_repair_that_says_nothing_of_a_confirmed_sink_leaves_the_others_unconfirmed() {
    Rules rules = silent(State.CONFIRMED);
    assertThat(promisesBroken(rules, LOSSES, CHAIN)).contains(ENDS_WHOLE);
    assertThat(promisesBroken(rules, LOSSES, ONE_STEP)).isEmpty();
  }

  /** It is asked again so that a saga need not wait for its deadline. */
  @Test
  void a_repair_that_does_not_ask_again_for_a_lost_cancel_ends_sagas_at_their_deadline() {
    Rules rules =
        new RewrittenRules() {
          @Override
          boolean isCancelRepaired() {
            return false;
          }
        };
    assertThat(promisesBroken(rules, EnumSet.allOf(Trouble.class), PARALLEL, FORK)).isEmpty();
  }

  private static Rules silent(State about) {
    return new RewrittenRules() {
      @Override
      @Nullable Kind repaired(State state, boolean isSink) {
        return state == about ? null : super.repaired(state, isSink);
      }
    };
  }

  @Test
  void a_trace_tells_what_happened_in_order_and_what_is_wrong() {
    Rules rules =
        new RewrittenRules() {
          @Override
          int awaited(Graph graph, int step) {
            return 0;
          }
        };
    assertThat(Explorer.explore(FORK, rules, NONE).violations().get(UNDONE_AFTER_ITS_FOLLOWERS))
        .hasToString(
            """

            UNDONE_AFTER_ITS_FOLLOWERS does not hold on [0, 1 after 0, 2 after 0]:
              step 0 is undone though step 1 after it is not
               1. step 0 hears started: NONE → COMPLETED, emits completed 0
               2. step 1 hears completed 0: NONE → COMPLETED, emits completed 1
               3. step 2 hears completed 0: NONE → FAILED, emits failed 2
               4. step 0 hears failed 2
            """
                .replace("\n", System.lineSeparator()));
  }

  private static Collection<Promise> promisesBroken(
      Rules rules, Set<Trouble> troubles, Graph... graphs) {
    return Stream.of(graphs)
        .flatMap(graph -> Explorer.explore(graph, rules, troubles).violations().values().stream())
        .map(Violation::promise)
        .toList();
  }
}
