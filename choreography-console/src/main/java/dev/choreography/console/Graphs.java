// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Drawing;
import dev.choreography.console.tracker.Counter;
import dev.choreography.console.tracker.Durations;
import dev.choreography.console.tracker.Tracker;
import dev.choreography.control.DeclaredStep;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The declared graphs with what is counted along them, and how long their steps take. */
final class Graphs {

  private static final List<String> STATES =
      List.of("waiting", "parked", "completed", "failed", "compensated", "skipped");
  private static final List<String> SEGMENTS =
      List.of("broker", "inbox", "handler", "outbox", "total");
  private static final ObjectMapper JSON = new ObjectMapper();

  private Graphs() {}

  static ObjectNode choreographies(Tracker tracker) {
    Map<List<String>, Long> steps = new HashMap<>();
    tracker.counts(Counter.STEPS).forEach((key, n) -> steps.put(named(key), n));
    Map<List<String>, Long> events = new HashMap<>();
    tracker.counts(Counter.EVENTS).forEach((key, n) -> events.put(named(key), n));
    ObjectNode all = JSON.createObjectNode();
    ArrayNode graphs = all.putArray("choreographies");
    for (Declaration each : tracker.declarations()) {
      graph(graphs.addObject(), each, tracker, steps, events);
    }
    return all;
  }

  /** Without the kind at its beginning and the nothing at its end. */
  private static List<String> named(String key) {
    List<String> parts = Counter.parts(key);
    return parts.subList(1, parts.size() - 1);
  }

  private static void graph(
      ObjectNode graph,
      Declaration declaration,
      Tracker tracker,
      Map<List<String>, Long> steps,
      Map<List<String>, Long> events) {
    String name = declaration.name();
    String version = Integer.toString(declaration.declared().getVersion());
    Drawing drawing = new Drawing(declaration);
    graph
        .put("name", name)
        .put("version", declaration.declared().getVersion())
        .put("fingerprint", declaration.declared().getFingerprint())
        .put("deadline_ms", declaration.declared().getDeadlineMs())
        .put("start", declaration.declared().getStart())
        .put("control", declaration.declared().getControl());
    Overview.put(
        graph.putObject("sagas"), Overview.sagas(tracker, version).getOrDefault(name, Map.of()));
    ArrayNode nodes = graph.putArray("steps");
    declaration
        .indexes()
        .forEach(
            index -> {
              DeclaredStep step = declaration.step(index);
              ObjectNode node =
                  nodes.addObject().put("step", step.getName()).put("participant", step.getOwner());
              step.getAfter().forEach(node.putArray("after")::add);
              node.put("completed", step.getCompleted())
                  .put("failed", step.getFailed())
                  .put("compensated", step.getCompensated())
                  .put("root", declaration.graph().isRoot(index))
                  .put("sink", declaration.graph().isSink(index));
              ObjectNode counts = node.putObject("counts");
              STATES.forEach(
                  state ->
                      counts.put(
                          state,
                          steps.getOrDefault(List.of(name, version, step.getName(), state), 0L)));
            });
    ArrayNode edges = graph.putArray("edges");
    for (Drawing.Edge edge : drawing.edges()) {
      edges
          .addObject()
          .put("from", edge.from())
          .put("to", edge.to())
          .put("event", edge.event())
          .put("kind", edge.isBack() ? "back" : "forward")
          .put("count", events.getOrDefault(List.of(name, version, edge.event()), 0L));
    }
    graph.put("mermaid", drawing.mermaid());
  }

  static ObjectNode steps(Tracker tracker, int hours, Instant now) {
    Map<List<String>, Durations> durations = new HashMap<>();
    String from = Counter.fromHour(now.minus(Duration.ofHours(hours - 1L)).toEpochMilli());
    tracker
        .counts(Counter.HOURS, from)
        .forEach(
            (key, count) -> {
              List<String> parts = Counter.parts(key);
              durations
                  .computeIfAbsent(parts.subList(2, 5), name -> new Durations())
                  .add(Integer.parseInt(parts.get(5)), count);
            });
    ObjectNode all = JSON.createObjectNode().put("hours", hours);
    ArrayNode steps = all.putArray("steps");
    Map<List<String>, DeclaredStep> declared = new java.util.LinkedHashMap<>();
    for (Declaration each : tracker.declarations()) {
      each.steps().forEach(step -> declared.put(List.of(each.name(), step.getName()), step));
    }
    declared.forEach(
        (named, step) -> {
          ObjectNode node =
              steps
                  .addObject()
                  .put("choreography", named.get(0))
                  .put("step", step.getName())
                  .put("participant", step.getOwner());
          Durations none = new Durations();
          node.put(
              "count",
              durations
                  .getOrDefault(List.of(named.get(0), step.getName(), "outbox"), none)
                  .count());
          for (String segment : SEGMENTS) {
            Durations some =
                durations.getOrDefault(List.of(named.get(0), step.getName(), segment), none);
            node.putObject(segment + "_ms")
                .put("p50", some.percentile(0.5))
                .put("p90", some.percentile(0.9))
                .put("p99", some.percentile(0.99));
          }
        });
    return all;
  }
}
