// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import dev.choreography.control.DeclaredStep;
import dev.choreography.protocol.Graph;
import dev.choreography.protocol.Heard;
import dev.choreography.protocol.Protocol;
import dev.choreography.protocol.Signal;
import dev.choreography.protocol.State;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One saga rebuilt from its events alone. The order in which they are added, and how often, changes
 * nothing: what a step owes is what the protocol's own function answers to what is there.
 */
public final class Trace {

  /** How a saga stands, by the protocol's words under <i>Terminal</i>. */
  public enum Status {
    IN_FLIGHT,
    COMPLETED,
    COMPENSATED
  }

  /**
   * What has to come next.
   *
   * @param participant who owes it
   * @param step whose event it is
   * @param events one of these types
   */
  public record Debt(String participant, String step, List<String> events) {
    @Override
    public String toString() {
      return participant + " owes " + String.join(" or ", events);
    }
  }

  /** Of a step: an operator has to answer. */
  public static final String PARKED = "parked";

  /** Of a step: its participant owes the next event. */
  public static final String WAITING = "waiting";

  private final Declaration declaration;
  private final Set<Signal> seen = new HashSet<>();

  public Trace(Declaration declaration) {
    this.declaration = declaration;
  }

  /**
   * Adds an event by its type.
   *
   * @return false if it was there already, or is none of this choreography
   */
  public boolean add(String type) {
    Signal signal = declaration.signals().get(type);
    return signal != null && seen.add(signal);
  }

  /** Adds that somebody asked it not to complete. */
  public void cancel() {
    seen.add(Signal.CANCELLED);
  }

  /**
   * Completed: every sink has. Compensated: every root failed, or was compensated or skipped.
   * Whether a minute past the deadline what is in flight is stuck, only a clock knows.
   */
  public Status status() {
    Graph graph = declaration.graph();
    if (declaration
        .indexes()
        .filter(graph::isSink)
        .allMatch(sink -> seen.contains(Signal.completed(sink)))) {
      return Status.COMPLETED;
    }
    if (declaration
        .indexes()
        .filter(graph::isRoot)
        .allMatch(
            root ->
                seen.contains(Signal.failed(root)) || seen.contains(Signal.compensated(root)))) {
      return Status.COMPENSATED;
    }
    return Status.IN_FLIGHT;
  }

  /** Whether a step completed, at any time. */
  public boolean hasCompleted(int step) {
    return seen.contains(Signal.completed(step));
  }

  /** Where a step stands as far as its own events tell. */
  public State state(int step) {
    if (seen.contains(Signal.compensated(step))) {
      return hasCompleted(step) ? State.COMPENSATED : State.SKIPPED;
    }
    if (seen.contains(Signal.failed(step))) {
      return State.FAILED;
    }
    return hasCompleted(step) ? State.COMPLETED : State.NONE;
  }

  /** What is still to come at once, and from whom; what comes after that is not told. */
  public List<Debt> owed() {
    List<Debt> owed = new ArrayList<>();
    declaration
        .indexes()
        .forEach(
            index -> {
              DeclaredStep step = declaration.step(index);
              List<String> events =
                  switch (Protocol.decide(declaration.graph(), index, state(index), heard(index))) {
                    case RUN -> List.of(step.getCompleted(), step.getFailed());
                    case FAIL -> List.of(step.getFailed());
                    case SKIP, COMPENSATE -> Stream.ofNullable(step.getCompensated()).toList();
                    case CONFIRM, CANCEL, NOTHING -> List.of();
                  };
              if (!events.isEmpty()) {
                owed.add(new Debt(step.getOwner(), step.getName(), events));
              }
            });
    return owed;
  }

  /**
   * Where each step stands, by name: its state in lower case, {@code parked}, or {@code waiting}
   * where its participant owes the next event.
   *
   * @param parked the names of the steps that are
   */
  public Map<String, String> steps(Collection<String> parked) {
    Set<String> owing =
        status() == Status.IN_FLIGHT
            ? owed().stream().map(Debt::step).collect(Collectors.toSet())
            : Set.of();
    Map<String, String> steps = new LinkedHashMap<>();
    declaration
        .indexes()
        .forEach(
            index -> {
              String name = declaration.step(index).getName();
              steps.put(
                  name,
                  parked.contains(name)
                      ? PARKED
                      : owing.contains(name)
                          ? WAITING
                          : state(index).name().toLowerCase(Locale.ROOT));
            });
    return steps;
  }

  /** What a step has heard when all that was published has reached it. */
  private Heard heard(int step) {
    Heard heard = Heard.NOTHING;
    for (Signal signal : Protocol.hears(declaration.graph(), step)) {
      if (seen.contains(signal)) {
        heard = heard.plus(signal);
      }
    }
    return heard;
  }
}
