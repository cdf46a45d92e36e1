// SPDX-License-Identifier: Apache-2.0
package dev.choreography.examples;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.Step;
import dev.choreography.protocol.Graph;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The events of one saga, as its topics hold them. */
final class SagaPath {

  private final Choreography choreography;
  private final Graph graph;
  private final Map<String, Event> events = new LinkedHashMap<>();

  /**
   * One event.
   *
   * @param time when its handler ended
   * @param outcome why there was none completed, empty for one that tells nothing new
   * @param reason in words, empty for an event that has none
   */
  record Event(String type, Instant time, String outcome, String reason) {

    @Override
    public String toString() {
      return switch (outcome) {
        case "", "compensated" -> type;
        case "rejected" -> "%s (%s)".formatted(type, reason);
        default -> "%s (%s)".formatted(type, outcome);
      };
    }
  }

  SagaPath(Choreography choreography) {
    this.choreography = choreography;
    this.graph = choreography.graph();
  }

  /** One more event; a repeated one changes nothing. */
  void add(Event event) {
    events.putIfAbsent(event.type(), event);
  }

  /** Whether all its steps are. */
  boolean isCompleted() {
    return all(graph::isSink, step -> events.containsKey(step.completed().topic()));
  }

  /** Whether every step that follows the start alone says that it is over. */
  boolean isCompensated() {
    return all(
        graph::isRoot,
        step -> events.containsKey(step.failed().topic()) || at(step.compensated()) != null);
  }

  private boolean all(IntPredicate which, Predicate<Step> hold) {
    return IntStream.range(0, graph.size())
        .filter(which)
        .mapToObj(choreography.steps()::get)
        .allMatch(hold);
  }

  boolean hasEnded() {
    return isCompleted() || isCompensated();
  }

  /** A sentence for each step that was left as it is, or undone before one that follows it. */
  List<String> violations() {
    List<String> violations = new ArrayList<>();
    if (!hasEnded()) {
      violations.add("has not ended");
    } else if (isCompensated()) {
      for (int step = 0; step < graph.size(); step++) {
        undoneLast(step, violations);
      }
    }
    return violations;
  }

  private void undoneLast(int index, List<String> violations) {
    Step step = choreography.steps().get(index);
    Instant undone = at(step.compensated());
    if (at(step.completed()) != null && undone == null) {
      violations.add("%s was done and not undone".formatted(step.name()));
    }
    for (int next = 0; next < graph.size(); next++) {
      Step follower = choreography.steps().get(next);
      Instant later = at(follower.compensated());
      if (Graph.contains(graph.descendants(index), next)
          && undone != null
          && later != null
          && later.isAfter(undone)) {
        violations.add("%s was undone before %s".formatted(step.name(), follower.name()));
      }
    }
  }

  private @Nullable Instant at(@Nullable EventType type) {
    Event event = type == null ? null : events.get(type.topic());
    return event == null ? null : event.time();
  }

  /** Its end and its events, in the order of their times. */
  @Override
  public String toString() {
    return events.values().stream()
        .sorted(Comparator.comparing(Event::time))
        .map(Event::toString)
        .collect(
            Collectors.joining(
                ", ",
                isCompleted()
                    ? "completed    "
                    : isCompensated() ? "compensated  " : "in flight    ",
                ""));
  }
}
