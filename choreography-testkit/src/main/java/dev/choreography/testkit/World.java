// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.StepHandler;
import dev.choreography.StepOptions;
import dev.choreography.participant.HandlerCheck;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * What an author describes before each round: the handlers, real ones or fakes, what they keep, and
 * how sagas start. Everything it holds is made anew for every round, so that rounds know nothing of
 * each other.
 */
public final class World {

  private final Choreography choreography;
  private final Clock clock;
  private final long seed;
  private final Undo undo;
  private final Map<String, Handling> handlers = new LinkedHashMap<>();
  private final Map<String, DataSource> databases = new LinkedHashMap<>();
  private final List<Amount> amounts = new ArrayList<>();
  private @Nullable Function<String, ? extends SpecificRecord> start;

  /** Who handles a step, and how. */
  record Handling(StepHandler<SpecificRecord, SpecificRecord> handler, StepOptions options) {}

  /** What is neither made nor lost. */
  record Amount(String name, LongSupplier amount, long before) {}

  World(Choreography choreography, Clock clock, long seed, Undo undo) {
    this.choreography = choreography;
    this.clock = clock;
    this.seed = seed;
    this.undo = undo;
  }

  /** How sagas start: the start event of a saga id. Required. */
  public World starts(Function<String, ? extends SpecificRecord> startEvent) {
    this.start = startEvent;
    return this;
  }

  /** Who handles a step, with {@link StepOptions#defaults()}. Every step needs somebody. */
  public World hosts(String step, StepHandler<?, ?> handler) {
    return hosts(step, handler, StepOptions.defaults());
  }

  /**
   * Who handles a step.
   *
   * @throws IllegalArgumentException if the handler does not fit the step, or the step has one
   * @throws java.util.NoSuchElementException if there is no such step
   */
  @SuppressWarnings("unchecked") // checked as a participant's start does
  public World hosts(String step, StepHandler<?, ?> handler, StepOptions options) {
    Step declared = choreography.step(step);
    List<String> problems = new ArrayList<>();
    HandlerCheck.check(declared, handler, problems);
    if (handlers.containsKey(step)) {
      problems.add("step %s is hosted twice".formatted(step));
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
    handlers.put(
        step, new Handling((StepHandler<SpecificRecord, SpecificRecord>) handler, options));
    return this;
  }

  /**
   * A stand-in for a step that is somebody else's: it says no in a share of cases, completes with
   * the event that is made of the one it follows, and has nothing to undo.
   *
   * @param <I> the event the step follows; for a join the first one declared
   */
  @SuppressWarnings("unchecked") // what arrives is of the type that the declaration says
  public <I extends SpecificRecord> World fakes(
      String step, double refusals, Function<I, ? extends SpecificRecord> completed) {
    Step declared = choreography.step(step);
    handlers.put(
        step,
        new Handling(
            new FakeStep(
                declared, this, refusals, (Function<SpecificRecord, SpecificRecord>) completed),
            StepOptions.defaults()));
    return this;
  }

  /**
   * A participant's real database, which {@code connection()} of its handlers leads to. The
   * framework's tables are created in it, and emptied before each round; the participant's own are
   * the author's to fill.
   */
  public World database(String participant, DataSource source) {
    databases.put(participant, source);
    return this;
  }

  /**
   * A table for fakes: what a handler changes in it is undone when its transaction is, because it
   * rejected, threw, or crashed before its commit. Keys and values are not to be changed
   * themselves.
   */
  public <K, V> Map<K, V> table() {
    return new Table<>(undo);
  }

  /**
   * Something that is neither made nor lost, whatever happens: seats that are free plus those that
   * are booked. It is the same when the round is over as it is now.
   */
  public World conserves(String what, LongSupplier amount) {
    amounts.add(new Amount(what, amount, amount.getAsLong()));
    return this;
  }

  /**
   * Whether something happens to a saga that does so in a share of cases: the same for the same
   * seed, saga and words, however often it is asked and whatever else happens.
   */
  public boolean happens(double share, String sagaId, String what) {
    return Lot.chance(seed, sagaId, what) < share;
  }

  /** The time of the round. */
  public Clock clock() {
    return clock;
  }

  Handling handling(String step) {
    Handling handling = handlers.get(step);
    if (handling == null) {
      throw new IllegalStateException(
          "nobody handles step %s of %s, say world.hosts(\"%s\", handler)"
              .formatted(step, choreography, step));
    }
    return handling;
  }

  @Nullable DataSource database(String participant) {
    return databases.get(participant);
  }

  SpecificRecord start(String sagaId) {
    if (start == null) {
      throw new IllegalStateException(
          "nobody says how a saga of %s starts, say world.starts(sagaId -> event)"
              .formatted(choreography));
    }
    SpecificRecord event = start.apply(sagaId);
    if (!sagaId.equals(String.valueOf(event.get(0)))) {
      throw new IllegalStateException(
          "the start event of saga %s has saga_id %s".formatted(sagaId, event.get(0)));
    }
    return event;
  }

  List<Amount> amounts() {
    return amounts;
  }
}
