// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import dev.choreography.protocol.Signal.Kind;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules written a second time, from the specification, with a place for each fault one could
 * make. A test holds that without a fault they are the production's.
 */
class RewrittenRules implements Rules {

  /** The steps whose end tells a step to abort. */
  int near(Graph graph, int step) {
    return graph.near(step);
  }

  /** The steps whose end a compensation waits for. */
  int awaited(Graph graph, int step) {
    return near(graph, step);
  }

  /** The steps of parallel branches whose failure tells a step to abort. */
  int parallel(Graph graph, int step) {
    return graph.concurrent(step);
  }

  /** The steps that need not be waited for when a step has failed. */
  int neverRunAfterFailure(Graph graph, int failed) {
    return graph.descendants(failed);
  }

  /** What a step that was executed does when it hears of a cancel. */
  Move cancelledAfterExecution() {
    return Move.NOTHING;
  }

  @Override
  public Set<Signal> hears(Graph graph, int step) {
    Set<Signal> hears = new HashSet<>(Set.of(Signal.CANCELLED));
    if (graph.isRoot(step)) {
      hears.add(Signal.STARTED);
    }
    for (int other = 0; other < graph.size(); other++) {
      if (Graph.contains(graph.predecessors(step), other)) {
        hears.add(Signal.completed(other));
      }
      if (other != step && graph.isSink(other)) {
        hears.add(Signal.completed(other));
      }
      if (Graph.contains(near(graph, step), other)) {
        hears.add(Signal.failed(other));
        if (graph.canBeUndone(other)) {
          hears.add(Signal.compensated(other));
        }
      }
      if (Graph.contains(parallel(graph, step), other)) {
        hears.add(Signal.failed(other));
      }
    }
    return hears;
  }

  /** Whether a repair tells others of a step in this state, and of what. */
  @Nullable Kind repaired(State state, boolean isSink) {
    return switch (state) {
      case NONE, WAITING, RETRYING -> null;
      case COMPLETED, COMPENSATING, CONFIRMING, PARKED -> Kind.COMPLETED;
      case CONFIRMED -> isSink ? Kind.COMPLETED : null;
      case FAILED -> Kind.FAILED;
      case COMPENSATED, SKIPPED -> Kind.COMPENSATED;
    };
  }

  /** Whether a repair asks again not to complete, where a step was asked. */
  boolean isCancelRepaired() {
    return true;
  }

  @Override
  public Set<Signal> says(Graph graph, int step, State state, Heard heard) {
    Set<Signal> says = new HashSet<>();
    Kind kind = repaired(state, graph.isSink(step));
    if (kind != null) {
      says.add(new Signal(kind, step));
    }
    if (heard.has(Signal.CANCELLED) && isCancelRepaired()) {
      says.add(Signal.CANCELLED);
    }
    return says;
  }

  @Override
  public Move decide(Graph graph, int step, State state, Heard heard) {
    int failed = heard.of(Kind.FAILED, near(graph, step) | parallel(graph, step));
    int undone = heard.of(Kind.COMPENSATED, near(graph, step));
    boolean abort = (failed | undone) != 0;
    boolean cancelled = heard.has(Signal.CANCELLED);
    boolean late = heard.has(Signal.DEADLINE_PASSED);
    if (state.hasNotRun()) {
      int predecessors = graph.predecessors(step);
      boolean ready =
          graph.isRoot(step)
              ? heard.has(Signal.STARTED)
              : heard.of(Kind.COMPLETED, predecessors) == predecessors;
      if (abort) {
        return Move.SKIP;
      }
      if (cancelled || late) {
        return Move.FAIL;
      }
      return ready && state != State.RETRYING ? Move.RUN : Move.NOTHING;
    }
    if (state != State.COMPLETED) {
      return Move.NOTHING;
    }
    if (abort) {
      int resolved = failed | undone;
      for (int f = 0; f < graph.size(); f++) {
        resolved |= Graph.contains(failed, f) ? neverRunAfterFailure(graph, f) : 0;
      }
      return (awaited(graph, step) & ~resolved) == 0 ? Move.COMPENSATE : Move.NOTHING;
    }
    boolean succeeded = true;
    for (int other = 0; other < graph.size(); other++) {
      succeeded &= other == step || !graph.isSink(other) || heard.has(Signal.completed(other));
    }
    if (succeeded) {
      return Move.CONFIRM;
    }
    if (cancelled) {
      return cancelledAfterExecution();
    }
    return late ? Move.CANCEL : Move.NOTHING;
  }
}
