// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import dev.choreography.protocol.Signal.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets one saga of a graph happen in every possible way and looks for broken promises.
 *
 * <p>What can happen next is: a step hears an event that was emitted and that it listens to (each
 * step at its own time, in any order, until it has ended, if nothing comes of it then); and, where
 * asked for, an operator's cancel, the deadline passing at a step, a technical error and the next
 * attempt; and a topic that loses an event for whoever has not heard it yet, and a repair of one
 * step after another. Whenever a handler runs, both answers of the business are followed.
 * Situations reached in several ways are looked at once. The search is by breadth, so the first
 * trace to a broken promise is a shortest one.
 */
final class Explorer {

  /** What may happen beside deliveries and the answers of the business. */
  enum Trouble {
    /** An operator cancels, once, at any moment. */
    CANCEL,
    /** The deadline passes, at each step at another moment, or nowhere. */
    DEADLINES,
    /** Handlers, compensations and confirmations are set aside and taken up again, any number. */
    TECHNICAL_ERRORS,
    /**
     * Events are lost, any of them at any moment; the start once somebody has heard something, and
     * only with {@link #DEADLINES}, which then end the saga. Each step may be repaired at any
     * moment, and is before the saga counts as ended.
     */
    LOSSES
  }

  /**
   * What was found.
   *
   * @param situations how many there are
   * @param successes how many of them are an end with all steps completed
   * @param unwound how many of them are another end
   * @param violations for each broken promise how it is broken first
   */
  record Exploration(
      int situations, int successes, int unwound, Map<Promise, Violation> violations) {}

  /**
   * A broken promise.
   *
   * @param trace all that happened, the last entry is what breaks the promise
   */
  record Violation(Promise promise, Graph graph, String found, List<String> trace) {
    @Override
    public String toString() {
      StringBuilder text =
          new StringBuilder("%n%s does not hold".formatted(promise))
              .append(" on %s:%n  %s%n".formatted(Graphs.describe(graph), found));
      for (int i = 0; i < trace.size(); i++) {
        text.append("  %2d. %s%n".formatted(i + 1, trace.get(i)));
      }
      return text.toString();
    }
  }

  /**
   * What happens: a step hears a signal, goes on after an error (none), or an operator cancels; a
   * signal is lost, or a step is repaired.
   */
  private record Occurrence(int step, @Nullable Signal signal, boolean repair) {
    static final int OPERATOR = -1;
    static final int BROKER = -2;

    Occurrence(int step, @Nullable Signal signal) {
      this(step, signal, false);
    }

    @Override
    public String toString() {
      if (step == OPERATOR) {
        return "an operator cancels";
      }
      if (step == BROKER && signal != null) {
        return Situation.describe(signal) + " is lost";
      }
      if (repair) {
        return "step %d is repaired".formatted(step);
      }
      return "step %d %s"
          .formatted(step, signal == null ? "goes on" : "hears " + Situation.describe(signal));
    }
  }

  private static final int MOST_MOVES_AT_ONCE = 5;
  private static final Set<State> ENDED =
      EnumSet.of(State.CONFIRMED, State.FAILED, State.COMPENSATED, State.SKIPPED);
  private static final Set<State> SET_ASIDE =
      EnumSet.of(State.RETRYING, State.COMPENSATING, State.CONFIRMING, State.PARKED);

  private final Graph graph;
  private final Rules rules;
  private final Set<Trouble> troubles;
  private final List<List<Signal>> hears = new ArrayList<>();
  private final Map<Situation, Situation> cameFrom = new HashMap<>();
  private final Map<Promise, Violation> violations = new EnumMap<>(Promise.class);
  private final boolean endedAreDone;
  private Situation before = Situation.BEGINNING;
  private @Nullable Occurrence cause;

  private Explorer(Graph graph, Rules rules, Set<Trouble> troubles) {
    if (graph.size() > Situation.MAX_STEPS) {
      throw new IllegalArgumentException("at most %d steps".formatted(Situation.MAX_STEPS));
    }
    this.graph = graph;
    this.rules = rules;
    this.troubles = troubles;
    for (int step = 0; step < graph.size(); step++) {
      hears.add(List.copyOf(rules.hears(graph, step)));
    }
    this.endedAreDone = areEndedDone();
  }

  static Exploration explore(Graph graph, Rules rules, Set<Trouble> troubles) {
    return new Explorer(graph, rules, troubles).explore();
  }

  private Exploration explore() {
    int successes = 0;
    int unwound = 0;
    Queue<Situation> open = new ArrayDeque<>(List.of(Situation.BEGINNING));
    cameFrom.put(Situation.BEGINNING, Situation.BEGINNING);
    while (!open.isEmpty()) {
      before = open.remove();
      for (Occurrence next : possible(before)) {
        cause = next;
        happen(
            next,
            reached -> {
              Situation after = withoutNeedlessLosses(reached);
              if (cameFrom.putIfAbsent(after, before) == null) {
                open.add(after);
              }
            });
      }
      cause = null;
      checkDuplicates();
      checkRoots();
      if (isQuiet(before)) {
        if (hasSucceeded()) {
          successes++;
        } else {
          unwound++;
          checkUnwound();
        }
      }
    }
    return new Exploration(cameFrom.size(), successes, unwound, violations);
  }

  private List<Occurrence> possible(Situation now) {
    List<Occurrence> possible = new ArrayList<>();
    for (int step = 0; step < graph.size(); step++) {
      if (isDone(now, step)) {
        continue;
      }
      for (Signal signal : hears.get(step)) {
        if (isToCome(now, step, signal)) {
          possible.add(new Occurrence(step, signal));
        }
      }
      if (SET_ASIDE.contains(now.state(step))) {
        possible.add(new Occurrence(step, null));
      }
      if (troubles.contains(Trouble.DEADLINES)
          && !ENDED.contains(now.state(step))
          && !now.heard(step).has(Signal.DEADLINE_PASSED)) {
        possible.add(new Occurrence(step, Signal.DEADLINE_PASSED));
      }
    }
    if (troubles.contains(Trouble.CANCEL) && !now.hasEmitted(Signal.CANCELLED)) {
      possible.add(new Occurrence(Occurrence.OPERATOR, Signal.CANCELLED));
    }
    if (troubles.contains(Trouble.LOSSES)) {
      addLossesAndRepairs(now, possible);
    }
    return possible;
  }

  private void addLossesAndRepairs(Situation now, List<Occurrence> possible) {
    Set<Signal> losable = new LinkedHashSet<>();
    for (int step = 0; step < graph.size(); step++) {
      for (Signal signal : hears.get(step)) {
        boolean mayBeLost = !signal.equals(Signal.STARTED) || isStartLosable(now);
        if (mayBeLost && !isDone(now, step) && isToCome(now, step, signal)) {
          losable.add(signal);
        }
      }
      if (isRepairOfUse(now, step)) {
        possible.add(new Occurrence(step, null, true));
      }
    }
    losable.forEach(signal -> possible.add(new Occurrence(Occurrence.BROKER, signal)));
  }

  /** A start that is lost before anybody has heard anything is lost: no saga has begun. */
  private boolean isStartLosable(Situation now) {
    boolean begun = false;
    for (int step = 0; step < graph.size(); step++) {
      begun |= !now.heard(step).isEmpty();
    }
    return begun && troubles.contains(Trouble.DEADLINES);
  }

  private boolean isToCome(Situation now, int step, Signal signal) {
    return now.hasEmitted(signal) && !now.lost().has(signal) && !now.heard(step).has(signal);
  }

  private boolean isRepairOfUse(Situation now, int step) {
    return says(now, step).stream().anyMatch(now.lost()::has);
  }

  private Set<Signal> says(Situation now, int step) {
    return rules.says(graph, step, now.state(step), now.heard(step));
  }

  /** Where the start is lost, the timers of what was executed, and a repair of what waits. */
  private boolean isDeadlineToCome(Situation now, int step) {
    State state = now.state(step);
    boolean isNoticed =
        state == State.COMPLETED || (state.hasNotRun() && !now.heard(step).isEmpty());
    return now.lost().has(Signal.STARTED)
        && isNoticed
        && !now.heard(step).has(Signal.DEADLINE_PASSED);
  }

  /** Forgets that something is lost which nobody waits for any more. */
  private Situation withoutNeedlessLosses(Situation now) {
    Heard lost = Heard.NOTHING;
    for (int step = 0; step < graph.size(); step++) {
      for (Signal signal : hears.get(step)) {
        boolean waits = !isDone(now, step) && !now.heard(step).has(signal);
        lost = waits && now.lost().has(signal) ? lost.plus(signal) : lost;
      }
    }
    return now.withLost(lost);
  }

  private static Situation loses(Situation now, Signal signal) {
    return now.withLost(now.lost().plus(signal));
  }

  private Situation repaired(Situation now, int step) {
    long lost = now.lost().bits();
    for (Signal said : says(now, step)) {
      lost &= ~said.bit();
    }
    return now.withLost(new Heard(lost));
  }

  /**
   * Cancels and deadlines may stay away for ever; deliveries, further attempts and repairs do not,
   * nor do deadlines where the start is lost.
   */
  private boolean isQuiet(Situation now) {
    for (int step = 0; step < graph.size(); step++) {
      if (SET_ASIDE.contains(now.state(step))
          || isRepairOfUse(now, step)
          || isDeadlineToCome(now, step)) {
        return false;
      }
      for (Signal signal : hears.get(step)) {
        if (!isDone(now, step) && isToCome(now, step, signal)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether whatever the step may still hear changes nothing: then all orders of it are one. */
  private boolean isDone(Situation now, int step) {
    return endedAreDone && ENDED.contains(now.state(step));
  }

  /** Whether steps that have ended answer nothing, whatever they have heard. */
  private boolean areEndedDone() {
    for (int step = 0; step < graph.size(); step++) {
      List<Signal> signals = new ArrayList<>(hears.get(step));
      signals.add(Signal.DEADLINE_PASSED);
      for (int some = 0; some < 1 << signals.size(); some++) {
        Heard heard = Heard.NOTHING;
        for (int signal = 0; signal < signals.size(); signal++) {
          heard = (some >> signal & 1) == 0 ? heard : heard.plus(signals.get(signal));
        }
        for (State ended : ENDED) {
          if (rules.decide(graph, step, ended, heard) != Move.NOTHING) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** Passes on all situations that an occurrence leads to. */
  private void happen(Occurrence next, Consumer<Situation> reached) {
    int step = next.step();
    Signal signal = next.signal();
    if (step == Occurrence.OPERATOR) {
      reached.accept(before.emit(Signal.CANCELLED));
    } else if (step == Occurrence.BROKER && signal != null) {
      reached.accept(loses(before, signal));
    } else if (next.repair()) {
      reached.accept(repaired(before, step));
    } else if (signal == null) {
      State back = before.state(step) == State.RETRYING ? State.WAITING : State.COMPLETED;
      settle(before.withRow(step, back, before.heard(step)), step, 0, reached);
    } else {
      Heard heard = before.heard(step).plus(signal);
      settle(before.withRow(step, before.state(step), heard), step, 0, reached);
    }
  }

  /** Asks a step for its next move until it answers nothing, as a participant does. */
  private void settle(Situation now, int step, int moves, Consumer<Situation> reached) {
    Move move = rules.decide(graph, step, now.state(step), now.heard(step));
    if (moves == MOST_MOVES_AT_ONCE && move != Move.NOTHING) {
      broken(Promise.COMES_TO_REST, "step %d answers %s yet again".formatted(step, move));
      return;
    }
    int then = moves + 1;
    switch (move) {
      case NOTHING -> {
        boolean waits = now.state(step) == State.NONE && !now.heard(step).isEmpty();
        reached.accept(waits ? now.withRow(step, State.WAITING, now.heard(step)) : now);
      }
      case RUN -> {
        checkRun(now, step);
        settle(moved(now, step, State.COMPLETED, Signal.completed(step)), step, then, reached);
        settle(moved(now, step, State.FAILED, Signal.failed(step)), step, then, reached);
        if (troubles.contains(Trouble.TECHNICAL_ERRORS)) {
          settle(moved(now, step, State.RETRYING, null), step, then, reached);
        }
      }
      case FAIL -> {
        checkUndoing(now, step);
        settle(moved(now, step, State.FAILED, Signal.failed(step)), step, then, reached);
      }
      case SKIP -> {
        checkUndoing(now, step);
        settle(moved(now, step, State.SKIPPED, Signal.compensated(step)), step, then, reached);
      }
      case COMPENSATE -> {
        checkUndoing(now, step);
        checkCompensation(now, step);
        settle(moved(now, step, State.COMPENSATED, Signal.compensated(step)), step, then, reached);
        if (troubles.contains(Trouble.TECHNICAL_ERRORS)) {
          settle(moved(now, step, State.COMPENSATING, null), step, then, reached);
        }
      }
      case CONFIRM -> {
        checkConfirmation(now, step);
        settle(moved(now, step, State.CONFIRMED, null), step, then, reached);
        if (troubles.contains(Trouble.TECHNICAL_ERRORS)) {
          settle(moved(now, step, State.CONFIRMING, null), step, then, reached);
        }
      }
      case CANCEL -> {
        Heard heard = now.heard(step).plus(Signal.CANCELLED);
        Situation cancelled = now.withRow(step, now.state(step), heard).emit(Signal.CANCELLED);
        settle(cancelled, step, then, reached);
      }
    }
  }

  private Situation moved(Situation now, int step, State to, @Nullable Signal emitted) {
    Situation moved =
        rules.keepsRow(to)
            ? now.withRow(step, to, now.heard(step))
            : now.withRow(step, State.NONE, Heard.NOTHING);
    return emitted == null ? moved : moved.emit(emitted);
  }

  private void checkRun(Situation now, int step) {
    for (Kind kind : List.of(Kind.COMPLETED, Kind.FAILED, Kind.COMPENSATED)) {
      if (now.hasEmitted(new Signal(kind, step))) {
        broken(
            Promise.EXECUTED_ONCE,
            "step %d is executed though it has emitted %s"
                .formatted(step, Situation.describe(new Signal(kind, step))));
      }
    }
    for (int other = 0; other < graph.size(); other++) {
      if (Graph.contains(graph.predecessors(step), other)
          && !now.hasEmitted(Signal.completed(other))) {
        broken(
            Promise.EXECUTED_AFTER_ITS_PREDECESSORS,
            "step %d is executed though step %d before it has not completed"
                .formatted(step, other));
      }
      if (Graph.contains(graph.descendants(other), step)
          && now.hasEmitted(Signal.compensated(other))) {
        broken(
            Promise.UNDONE_AFTER_ITS_FOLLOWERS,
            "step %d is executed though step %d before it is undone".formatted(step, other));
      }
    }
  }

  private void checkCompensation(Situation now, int step) {
    if (!now.hasEmitted(Signal.completed(step)) || now.hasEmitted(Signal.compensated(step))) {
      broken(
          Promise.UNDONE_ONCE_AND_ONLY_IF_EXECUTED,
          "step %d is undone though it was not executed, or was undone".formatted(step));
    }
    for (int other = 0; other < graph.size(); other++) {
      if (Graph.contains(graph.descendants(step), other)
          && now.hasEmitted(Signal.completed(other))
          && !now.hasEmitted(Signal.compensated(other))) {
        broken(
            Promise.UNDONE_AFTER_ITS_FOLLOWERS,
            "step %d is undone though step %d after it is not".formatted(step, other));
      }
    }
  }

  private void checkUndoing(Situation now, int step) {
    boolean succeeded = true;
    for (int other = 0; other < graph.size(); other++) {
      if (now.state(other) == State.CONFIRMED) {
        broken(
            Promise.CONFIRMED_FOR_GOOD,
            "step %d fails or is undone though step %d is confirmed".formatted(step, other));
      }
      succeeded &= !graph.isSink(other) || now.hasEmitted(Signal.completed(other));
    }
    if (succeeded) {
      broken(
          Promise.SUCCESS_STANDS,
          "step %d fails or is undone though all sinks have completed".formatted(step));
    }
  }

  private void checkConfirmation(Situation now, int step) {
    for (int other = 0; other < graph.size(); other++) {
      if (now.hasEmitted(Signal.failed(other)) || now.hasEmitted(Signal.compensated(other))) {
        broken(
            Promise.CONFIRMED_FOR_GOOD,
            "step %d is confirmed though step %d has failed or is undone".formatted(step, other));
      }
    }
  }

  /** The set of what was heard does not change, so it is enough to ask once for all of them. */
  private void checkDuplicates() {
    for (int step = 0; step < graph.size(); step++) {
      if (!before.heard(step).isEmpty()) {
        int again = step;
        Situation same = before;
        settle(
            before,
            step,
            0,
            after -> {
              if (!after.equals(same)) {
                broken(
                    Promise.DUPLICATES_CHANGE_NOTHING,
                    "step %d hears again what it has heard, and acts".formatted(again));
              }
            });
      }
    }
  }

  /** What those who watch the topics take for a saga's end. */
  private void checkRoots() {
    for (int root = 0; root < graph.size(); root++) {
      if (graph.isRoot(root)
          && !before.hasEmitted(Signal.failed(root))
          && !before.hasEmitted(Signal.compensated(root))) {
        return;
      }
    }
    for (int step = 0; step < graph.size(); step++) {
      if (isStanding(step)) {
        broken(
            Promise.UNDONE_WHEN_ITS_ROOTS_ARE,
            "every root has failed, was undone or skipped, and step %d is not undone"
                .formatted(step));
      }
    }
  }

  private boolean isStanding(int step) {
    return before.hasEmitted(Signal.completed(step))
        && !before.hasEmitted(Signal.compensated(step));
  }

  private boolean hasSucceeded() {
    for (int step = 0; step < graph.size(); step++) {
      if (before.state(step) != State.CONFIRMED) {
        return false;
      }
    }
    return true;
  }

  private void checkUnwound() {
    for (int step = 0; step < graph.size(); step++) {
      State state = before.state(step);
      boolean ended = state != State.CONFIRMED && ENDED.contains(state);
      boolean standing = isStanding(step);
      if (standing || (graph.isRoot(step) && !ended)) {
        broken(
            Promise.ENDS_WHOLE,
            "nothing is under way, the saga is not completed, and step %d is %s%s"
                .formatted(step, state, standing ? ", its effect stands" : ""));
      }
    }
  }

  private void broken(Promise promise, String found) {
    if (!violations.containsKey(promise)) {
      Deque<String> trace = new ArrayDeque<>();
      if (cause != null) {
        trace.add(cause.toString());
      }
      for (Situation to = before; !to.equals(Situation.BEGINNING); ) {
        Situation from = cameFrom.getOrDefault(to, Situation.BEGINNING);
        trace.addFirst(from.describeChangeTo(to));
        to = from;
      }
      violations.put(promise, new Violation(promise, graph, found, List.copyOf(trace)));
    }
  }
}
