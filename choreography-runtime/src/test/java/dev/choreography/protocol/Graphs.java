// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Graphs to try the protocol on. */
final class Graphs {

  /** The smallest graph whose far successor is not resolved along with the near one. */
  static final Graph CHAIN_WITH_SHORTCUT =
      Graph.of(List.of(List.of(), List.of(0), List.of(1), List.of(0, 2)));

  private Graphs() {}

  /** Every graph of so many steps in which each step follows steps of lower numbers only. */
  static Stream<Graph> ofSize(int size) {
    int pairs = size * (size - 1) / 2;
    return IntStream.range(0, 1 << pairs).mapToObj(edges -> ofEdges(size, edges));
  }

  /** Every graph of up to so many steps. */
  static Stream<Graph> upTo(int size) {
    return IntStream.rangeClosed(1, size).boxed().flatMap(Graphs::ofSize);
  }

  private static Graph ofEdges(int size, int edges) {
    List<List<Integer>> predecessors = new ArrayList<>();
    int left = edges;
    for (int step = 0; step < size; step++) {
      int follows = left & (1 << step) - 1;
      predecessors.add(
          IntStream.range(0, step).filter(p -> Graph.contains(follows, p)).boxed().toList());
      left >>= step;
    }
    return Graph.of(predecessors);
  }

  /** For messages: {@code [0, 1 after 0, 2 after 0 1]}. */
  static String describe(Graph graph) {
    List<String> steps = new ArrayList<>();
    for (int step = 0; step < graph.size(); step++) {
      int predecessors = graph.predecessors(step);
      String after =
          IntStream.range(0, graph.size())
              .filter(p -> Graph.contains(predecessors, p))
              .mapToObj(p -> " " + p)
              .reduce("", String::concat);
      steps.add(step + (after.isEmpty() ? "" : " after" + after));
    }
    return steps.toString();
  }
}
