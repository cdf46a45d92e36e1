// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.control.DeclaredStep;
import dev.choreography.protocol.Graph;
import dev.choreography.protocol.Protocol;
import dev.choreography.protocol.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A declaration for people, in Markdown. */
final class Drawing {

  private final Declaration declaration;
  private final Graph graph;

  Drawing(Declaration declaration) {
    this.declaration = declaration;
    this.graph = declaration.graph();
  }

  /** One row a step: who owns it, what it follows, what it emits, what makes it undo its work. */
  String table() {
    List<String> rows = new ArrayList<>();
    rows.add("| step | owner | runs after | completed | failed | compensated | undoes on |");
    rows.add("|---|---|---|---|---|---|---|");
    declaration
        .indexes()
        .forEach(
            index -> {
              DeclaredStep step = declaration.step(index);
              String compensated = step.getCompensated();
              rows.add(
                  "| %s | %s | %s | %s | %s | %s | %s |"
                      .formatted(
                          step.getName(),
                          step.getOwner(),
                          codes(step.getAfter().stream()),
                          codes(Stream.of(step.getCompleted())),
                          codes(Stream.of(step.getFailed())),
                          compensated == null ? "never" : codes(Stream.of(compensated)),
                          compensated == null ? "" : codes(undoes(index).stream())));
            });
    return String.join("\n", rows);
  }

  /** The way forward in full lines, the way back in dotted ones. */
  String mermaid() {
    List<String> lines = new ArrayList<>();
    lines.add("flowchart LR");
    declaration
        .indexes()
        .filter(graph::isRoot)
        .forEach(
            root ->
                lines.add(
                    "  start(( )) -- %s --> %s"
                        .formatted(declaration.declared().getStart(), name(root))));
    declaration.indexes().forEach(step -> forward(step, lines));
    declaration.indexes().forEach(step -> back(step, lines));
    return String.join("\n", lines);
  }

  private void forward(int step, List<String> lines) {
    String completed = declaration.step(step).getCompleted();
    if (graph.isSink(step)) {
      lines.add("  %s -- %s --> completed(( ))".formatted(name(step), completed));
    }
    steps(graph.successors(step))
        .forEach(
            next -> lines.add("  %s -- %s --> %s".formatted(name(step), completed, name(next))));
  }

  private void back(int step, List<String> lines) {
    steps(graph.near(step) | graph.concurrent(step))
        .forEach(
            other ->
                lines.add(
                    "  %s -. %s .-> %s"
                        .formatted(
                            name(other),
                            undoes(step).stream()
                                .filter(of(other)::contains)
                                .collect(Collectors.joining("<br/>")),
                            name(step))));
    if (graph.isRoot(step)) {
      lines.add(
          "  %s -. %s .-> compensated(( ))".formatted(name(step), String.join("<br/>", of(step))));
    }
  }

  /** The failed and compensated events that a step hears of the others. */
  private List<String> undoes(int step) {
    return Protocol.hears(graph, step).stream()
        .filter(signal -> signal.kind() == Signal.Kind.FAILED || isCompensated(signal))
        .map(
            signal ->
                isCompensated(signal)
                    ? String.valueOf(declaration.step(signal.step()).getCompensated())
                    : declaration.step(signal.step()).getFailed())
        .toList();
  }

  private static boolean isCompensated(Signal signal) {
    return signal.kind() == Signal.Kind.COMPENSATED;
  }

  private List<String> of(int step) {
    DeclaredStep declared = declaration.step(step);
    return Stream.of(declared.getFailed(), declared.getCompensated())
        .filter(event -> event != null)
        .toList();
  }

  private Stream<Integer> steps(int set) {
    return declaration.indexes().filter(step -> Graph.contains(set, step)).boxed();
  }

  private String name(int step) {
    return declaration.step(step).getName();
  }

  private static String codes(Stream<String> events) {
    return events.map("`%s`"::formatted).collect(Collectors.joining(", "));
  }
}
