// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import dev.choreography.control.DeclaredStep;
import dev.choreography.protocol.Graph;
import dev.choreography.protocol.Protocol;
import dev.choreography.protocol.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A declaration for people, in Markdown. */
public final class Drawing {

  private final Declaration declaration;
  private final Graph graph;

  public Drawing(Declaration declaration) {
    this.declaration = declaration;
    this.graph = declaration.graph();
  }

  /** One row a step: who owns it, what it follows, what it emits, what makes it undo its work. */
  public String table() {
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
  public String mermaid() {
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

  /**
   * A line of the drawing, with one event.
   *
   * @param from a step, or {@code start}
   * @param to a step, or {@code completed} or {@code compensated}
   */
  public record Edge(String from, String to, String event, boolean isBack) {}

  /** The same as {@link #mermaid}, for programs. */
  public List<Edge> edges() {
    List<Edge> edges = new ArrayList<>();
    declaration
        .indexes()
        .filter(graph::isRoot)
        .forEach(
            root ->
                edges.add(new Edge("start", name(root), declaration.declared().getStart(), false)));
    declaration
        .indexes()
        .forEach(
            step -> {
              String completed = declaration.step(step).getCompleted();
              if (graph.isSink(step)) {
                edges.add(new Edge(name(step), "completed", completed, false));
              }
              steps(graph.successors(step))
                  .forEach(next -> edges.add(new Edge(name(step), name(next), completed, false)));
            });
    declaration
        .indexes()
        .forEach(
            step -> {
              steps(graph.near(step) | graph.concurrent(step))
                  .forEach(
                      other ->
                          undoes(step).stream()
                              .filter(of(other)::contains)
                              .forEach(
                                  event ->
                                      edges.add(new Edge(name(other), name(step), event, true))));
              if (graph.isRoot(step)) {
                of(step)
                    .forEach(event -> edges.add(new Edge(name(step), "compensated", event, true)));
              }
            });
    return edges;
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
