// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.protocol.Explorer.Exploration;
import dev.choreography.protocol.Explorer.Trouble;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Every {@link Promise} holds in everything that can happen to a saga.
 *
 * <p>With four steps the situations become many: with all troubles single graphs have millions. So
 * here four steps meet all troubles on the chain with a shortcut alone, cancel and deadlines on the
 * graphs with one root, and every combination of business failures on all graphs. The profile
 * {@code explore} adds cancel and deadlines on all of them: nine million situations, half a minute.
 */
class ProtocolExplorationTest {

  /** How much was searched. */
  private record Explored(int graphs, long situations) {}

  private static final Set<Trouble> NONE = EnumSet.noneOf(Trouble.class);
  private static final Set<Trouble> ALL = EnumSet.complementOf(EnumSet.of(Trouble.LOSSES));

  @Test
  void whatever_the_business_refuses_sagas_of_up_to_four_steps_keep_every_promise() {
    assertPromisesHold(Graphs.upTo(4), NONE);
  }

  @Test
  void cancels_deadlines_and_errors_at_any_moment_break_no_promise_with_up_to_three_steps() {
    assertPromisesHold(Graphs.upTo(3), ALL);
  }

  @Test
  void cancels_deadlines_and_errors_at_any_moment_break_no_promise_on_a_chain_with_a_shortcut() {
    assertPromisesHold(Stream.of(Graphs.CHAIN_WITH_SHORTCUT), ALL);
  }

  @Test
  void a_cancel_and_deadlines_at_any_moment_break_no_promise_with_four_steps_and_one_root() {
    assertPromisesHold(
        Graphs.ofSize(4).filter(graph -> roots(graph) == 1),
        EnumSet.of(Trouble.CANCEL, Trouble.DEADLINES));
  }

  @Test
  @EnabledIfSystemProperty(named = "explore", matches = "all")
  void a_cancel_and_deadlines_at_any_moment_break_no_promise_with_up_to_four_steps() {
    System.out.println(
        "explored with cancel and deadlines: "
            + assertPromisesHold(Graphs.upTo(4), EnumSet.of(Trouble.CANCEL, Trouble.DEADLINES)));
  }

  @Test
  void whatever_is_lost_repair_ends_sagas_of_up_to_three_steps_in_one_of_the_two_ways() {
    System.out.println(
        "explored with losses and repairs: "
            + assertPromisesHold(Graphs.upTo(3), EnumSet.allOf(Trouble.class)));
  }

  @Test
  void whatever_is_lost_repair_ends_sagas_of_four_steps_and_one_root_in_one_of_the_two_ways() {
    System.out.println(
        "explored with losses and repairs, four steps: "
            + assertPromisesHold(
                Graphs.ofSize(4).filter(graph -> roots(graph) == 1), EnumSet.of(Trouble.LOSSES)));
  }

  @Test
  void whatever_is_lost_repair_ends_sagas_on_a_chain_with_a_shortcut_in_one_of_the_two_ways() {
    System.out.println(
        "explored with losses and repairs, shortcut: "
            + assertPromisesHold(
                Stream.of(Graphs.CHAIN_WITH_SHORTCUT),
                EnumSet.of(Trouble.LOSSES, Trouble.CANCEL, Trouble.DEADLINES)));
  }

  private static Explored assertPromisesHold(Stream<Graph> graphs, Set<Trouble> troubles) {
    AtomicInteger searched = new AtomicInteger();
    AtomicLong situations = new AtomicLong();
    assertThat(graphs)
        .isNotEmpty()
        .allSatisfy(
            graph -> {
              Exploration found = Explorer.explore(graph, Rules.PRODUCTION, troubles);
              assertThat(found.violations().values()).isEmpty();
              assertThat(found.situations()).isPositive();
              assertThat(found.successes()).isPositive();
              assertThat(found.unwound()).isPositive();
              searched.incrementAndGet();
              situations.addAndGet(found.situations());
            });
    return new Explored(searched.get(), situations.get());
  }

  private static long roots(Graph graph) {
    return Stream.iterate(0, step -> step + 1).limit(graph.size()).filter(graph::isRoot).count();
  }
}
