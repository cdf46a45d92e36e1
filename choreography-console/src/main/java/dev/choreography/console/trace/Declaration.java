// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.control.DeclaredStep;
import dev.choreography.protocol.Graph;
import dev.choreography.protocol.Signal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A choreography as its participants declared it on the topic {@code choreographies}: names alone,
 * no class, so any can be traced.
 *
 * @param declared as it stands there
 * @param graph its steps, numbered in the order of declaration
 * @param signals what each event type means to the protocol
 */
public record Declaration(ChoreographyDeclared declared, Graph graph, Map<String, Signal> signals) {

  public static Declaration of(ChoreographyDeclared declared) {
    List<DeclaredStep> steps = declared.getSteps();
    List<String> completed = steps.stream().map(DeclaredStep::getCompleted).toList();
    Graph graph =
        Graph.of(
            steps.stream()
                .map(
                    step ->
                        step.getAfter().stream()
                            .map(completed::indexOf)
                            .filter(predecessor -> predecessor >= 0)
                            .toList())
                .toList());
    Map<String, Signal> signals = new HashMap<>();
    signals.put(declared.getStart(), Signal.STARTED);
    for (int step = 0; step < steps.size(); step++) {
      signals.put(steps.get(step).getCompleted(), Signal.completed(step));
      signals.put(steps.get(step).getFailed(), Signal.failed(step));
      String compensated = steps.get(step).getCompensated();
      if (compensated != null) {
        signals.put(compensated, Signal.compensated(step));
      }
    }
    return new Declaration(declared, graph, Map.copyOf(signals));
  }

  public String name() {
    return declared.getName();
  }

  /** {@code name:version:fingerprint}, as in the header {@code ce_choreography}. */
  public String id() {
    return name() + ':' + declared.getVersion() + ':' + declared.getFingerprint();
  }

  public List<DeclaredStep> steps() {
    return declared.getSteps();
  }

  public DeclaredStep step(int index) {
    return declared.getSteps().get(index);
  }

  public IntStream indexes() {
    return IntStream.range(0, declared.getSteps().size());
  }

  /** Every topic of its events, the start's first; not the control topic. */
  public List<String> topics() {
    List<String> topics = new ArrayList<>();
    topics.add(declared.getStart());
    for (DeclaredStep step : steps()) {
      topics.add(step.getCompleted());
      topics.add(step.getFailed());
      @Nullable String compensated = step.getCompensated();
      if (compensated != null) {
        topics.add(compensated);
      }
    }
    return topics;
  }

  public List<String> participants() {
    return steps().stream().map(DeclaredStep::getOwner).distinct().toList();
  }
}
