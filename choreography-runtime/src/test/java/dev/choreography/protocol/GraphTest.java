// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class GraphTest {

  /** 0 → 1 → 3 → 4 and 0 → 2 → 3, with a shortcut from 0 to 3. */
  private static final Graph DIAMOND =
      Graph.of(List.of(List.of(), List.of(0), List.of(0), List.of(0, 1, 2), List.of(3)));

  @Test
  void neighbours_are_as_declared() {
    assertThat(DIAMOND.size()).isEqualTo(5);
    assertThat(DIAMOND.predecessors(3)).isEqualTo(steps(0, 1, 2));
    assertThat(DIAMOND.successors(0)).isEqualTo(steps(1, 2, 3));
    assertThat(DIAMOND.isRoot(0)).isTrue();
    assertThat(DIAMOND.isRoot(1)).isFalse();
    assertThat(DIAMOND.isSink(4)).isTrue();
    assertThat(DIAMOND.isSink(3)).isFalse();
  }

  @Test
  void descendants_follow_directly_or_through_others() {
    assertThat(DIAMOND.descendants(0)).isEqualTo(steps(1, 2, 3, 4));
    assertThat(DIAMOND.descendants(1)).isEqualTo(steps(3, 4));
    assertThat(DIAMOND.descendants(4)).isEqualTo(steps());
  }

  @Test
  void concurrent_steps_neither_follow_nor_are_followed() {
    assertThat(DIAMOND.concurrent(1)).isEqualTo(steps(2));
    assertThat(DIAMOND.concurrent(2)).isEqualTo(steps(1));
    assertThat(DIAMOND.concurrent(0)).isEqualTo(steps());
    assertThat(DIAMOND.concurrent(4)).isEqualTo(steps());
  }

  @Test
  void a_successor_that_is_also_reached_through_another_is_not_near() {
    assertThat(DIAMOND.near(0)).isEqualTo(steps(1, 2));
    assertThat(Graphs.CHAIN_WITH_SHORTCUT.near(0)).isEqualTo(steps(1));
  }

  @Test
  void only_a_step_that_nothing_follows_or_accompanies_can_never_be_undone() {
    assertThat(DIAMOND.canBeUndone(4)).isFalse();
    assertThat(DIAMOND.canBeUndone(3)).isTrue();
    assertThat(Graph.of(List.of(List.of())).canBeUndone(0)).isFalse();
    assertThat(Graph.of(List.of(List.of(), List.of())).canBeUndone(0)).isTrue();
  }

  @Test
  void the_order_of_the_declaration_need_not_be_that_of_the_steps() {
    Graph graph = Graph.of(List.of(List.of(1), List.of(2), List.of()));
    assertThat(graph.descendants(2)).isEqualTo(steps(0, 1));
    assertThat(graph.isRoot(2)).isTrue();
  }

  @Test
  void steps_of_a_cycle_and_those_after_it_can_never_run() {
    List<List<Integer>> steps = List.of(List.of(), List.of(2), List.of(0, 1), List.of(2));
    assertThat(Graph.cyclic(steps)).containsExactlyInAnyOrder(1, 2, 3);
    assertThatThrownBy(() -> Graph.of(steps))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("steps [1, 2, 3] wait for one another in a cycle");
  }

  @Test
  void a_step_cannot_follow_itself() {
    assertThatThrownBy(() -> Graph.of(List.of(List.of(0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cycle");
  }

  @Test
  void a_step_cannot_follow_one_that_does_not_exist() {
    assertThatThrownBy(() -> Graph.of(List.of(List.of(), List.of(7))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("step 1 follows step 7, which does not exist");
  }

  @Test
  void a_graph_has_one_to_twenty_steps() {
    assertThat(Graph.of(Collections.nCopies(20, List.of())).concurrent(19))
        .isEqualTo((1 << 19) - 1);
    assertThatThrownBy(() -> Graph.of(Collections.nCopies(21, List.of())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a graph has 1 to 20 steps, this one has 21");
    assertThatThrownBy(() -> Graph.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  private static int steps(int... steps) {
    int set = 0;
    for (int step : steps) {
      set |= 1 << step;
    }
    return set;
  }
}
