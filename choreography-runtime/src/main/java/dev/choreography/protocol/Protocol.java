// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import dev.choreography.protocol.Signal.Kind;
import java.util.LinkedHashSet;
import java.util.Set;

/** The rules every participant follows. Pure and total: the same question has the same answer. */
public final class Protocol {

  private Protocol() {}

  /** Everything a step has to listen to; derived, so that none can be forgotten. */
  public static Set<Signal> hears(Graph graph, int step) {
    Set<Signal> heard = new LinkedHashSet<>();
    if (graph.isRoot(step)) {
      heard.add(Signal.STARTED);
    }
    heard.add(Signal.CANCELLED);
    for (int other = 0; other < graph.size(); other++) {
      boolean near = Graph.contains(graph.near(step), other);
      if (Graph.contains(graph.predecessors(step), other)
          || (graph.isSink(other) && other != step)) {
        heard.add(Signal.completed(other));
      }
      if (near || Graph.contains(graph.concurrent(step), other)) {
        heard.add(Signal.failed(other));
      }
      if (near && graph.canBeUndone(other)) {
        heard.add(Signal.compensated(other));
      }
    }
    return heard;
  }

  /**
   * What a step does next, given where it stands and what it has heard. Ask again after each move,
   * with the state that the move led to, until the answer is {@link Move#NOTHING}.
   *
   * <p>A step in {@link State#RETRYING}, {@link State#COMPENSATING}, {@link State#CONFIRMING} or
   * {@link State#PARKED} is taken up again by whoever set it aside, who first puts it back to
   * {@link State#WAITING} or {@link State#COMPLETED}.
   */
  public static Move decide(Graph graph, int step, State state, Heard heard) {
    return switch (state) {
      case NONE, WAITING, RETRYING -> {
        if (isToldToAbort(graph, step, heard)) {
          yield Move.SKIP;
        }
        if (heard.has(Signal.CANCELLED) || heard.has(Signal.DEADLINE_PASSED)) {
          yield Move.FAIL;
        }
        yield state != State.RETRYING && isReady(graph, step, heard) ? Move.RUN : Move.NOTHING;
      }
      case COMPLETED -> {
        if (isToldToAbort(graph, step, heard)) {
          yield areFollowersResolved(graph, step, heard) ? Move.COMPENSATE : Move.NOTHING;
        }
        if (hasSagaSucceeded(graph, step, heard)) {
          yield Move.CONFIRM;
        }
        yield heard.has(Signal.DEADLINE_PASSED) && !heard.has(Signal.CANCELLED)
            ? Move.CANCEL
            : Move.NOTHING;
      }
      case CONFIRMED, FAILED, COMPENSATED, SKIPPED, COMPENSATING, CONFIRMING, PARKED ->
          Move.NOTHING;
    };
  }

  /**
   * The events that a repair publishes again: all that the row of a step says and that another step
   * may still need.
   *
   * <p>Nobody needs <i>completed</i> of a step that is undone, whose followers have ended or can
   * never run; nor of one that is confirmed, since all have run, unless it is a sink: by that event
   * the others confirm.
   */
  public static Set<Signal> says(Graph graph, int step, State state, Heard heard) {
    Set<Signal> said = new LinkedHashSet<>();
    switch (state) {
      case COMPLETED, COMPENSATING, CONFIRMING, PARKED -> said.add(Signal.completed(step));
      case CONFIRMED -> {
        if (graph.isSink(step)) {
          said.add(Signal.completed(step));
        }
      }
      case FAILED -> said.add(Signal.failed(step));
      case COMPENSATED, SKIPPED -> said.add(Signal.compensated(step));
      case NONE, WAITING, RETRYING -> {
        // It has done nothing yet.
      }
    }
    if (heard.has(Signal.CANCELLED)) {
      said.add(Signal.CANCELLED);
    }
    return said;
  }

  /** All that the step waits for has arrived; a join waits for every predecessor. */
  private static boolean isReady(Graph graph, int step, Heard heard) {
    int predecessors = graph.predecessors(step);
    return graph.isRoot(step)
        ? heard.has(Signal.STARTED)
        : heard.of(Kind.COMPLETED, predecessors) == predecessors;
  }

  /** A parallel branch or a near follower has failed, or a near follower is undone. */
  private static boolean isToldToAbort(Graph graph, int step, Heard heard) {
    int near = graph.near(step);
    return heard.of(Kind.FAILED, graph.concurrent(step) | near) != 0
        || heard.of(Kind.COMPENSATED, near) != 0;
  }

  /** Every near follower has failed, is undone, or follows a failed step and so can never run. */
  private static boolean areFollowersResolved(Graph graph, int step, Heard heard) {
    int near = graph.near(step);
    int failed = heard.of(Kind.FAILED, graph.concurrent(step) | near);
    int resolved = failed | heard.of(Kind.COMPENSATED, near);
    for (int f = 0; failed >> f != 0; f++) {
      if (Graph.contains(failed, f)) {
        resolved |= graph.descendants(f);
      }
    }
    return (near & ~resolved) == 0;
  }

  /** Every sink has completed; the step's own completion is its state, not something heard. */
  private static boolean hasSagaSucceeded(Graph graph, int step, Heard heard) {
    for (int sink = 0; sink < graph.size(); sink++) {
      if (sink != step && graph.isSink(sink) && !heard.has(Signal.completed(sink))) {
        return false;
      }
    }
    return true;
  }
}
