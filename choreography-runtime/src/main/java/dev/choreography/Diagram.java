// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import dev.choreography.protocol.Graph;
import dev.choreography.protocol.Protocol;
import dev.choreography.protocol.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A Mermaid flowchart: the way forward in full lines, the way back in dotted ones. */
record Diagram(EventType start, List<Step> steps, Graph graph) {

  String mermaid() {
    List<String> lines = new ArrayList<>(List.of("flowchart LR"));
    for (int step = 0; step < graph.size(); step++) {
      if (graph.isRoot(step)) {
        lines.add("  start(( )) -- %s --> %s".formatted(start, name(step)));
      }
    }
    for (int step = 0; step < graph.size(); step++) {
      forward(step, lines);
    }
    for (int step = 0; step < graph.size(); step++) {
      back(step, lines);
    }
    return String.join("\n", lines);
  }

  private void forward(int step, List<String> lines) {
    EventType completed = steps.get(step).completed();
    if (graph.isSink(step)) {
      lines.add("  %s -- %s --> completed(( ))".formatted(name(step), completed));
    }
    members(graph.successors(step))
        .forEach(
            next -> lines.add("  %s -- %s --> %s".formatted(name(step), completed, name(next))));
  }

  private void back(int step, List<String> lines) {
    Set<Signal> heard = Protocol.hears(graph, step);
    members(graph.near(step) | graph.concurrent(step))
        .forEach(
            other ->
                lines.add(
                    "  %s -. %s .-> %s"
                        .formatted(
                            name(other),
                            ends(other, heard.contains(Signal.compensated(other))),
                            name(step))));
    if (graph.isRoot(step)) {
      lines.add("  %s -. %s .-> compensated(( ))".formatted(name(step), ends(step, true)));
    }
  }

  /** The events by which a step tells others to undo their work. */
  private String ends(int step, boolean alsoCompensated) {
    return Stream.of(
            steps.get(step).failed(), alsoCompensated ? steps.get(step).compensated() : null)
        .filter(Objects::nonNull)
        .map(EventType::topic)
        .collect(Collectors.joining("<br/>"));
  }

  private IntStream members(int set) {
    return IntStream.range(0, graph.size()).filter(step -> Graph.contains(set, step));
  }

  private String name(int step) {
    return steps.get(step).name();
  }
}
