// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import java.util.Locale;
import java.util.StringJoiner;

/**
 * One saga at one moment, in two longs: the row of each step, every event emitted so far, and which
 * of them their topics have lost. What was emitted is never taken back, so it is the saga's history
 * as well.
 *
 * @param heard what each step has heard, 15 bits a step
 * @param standing where each step stands, 4 bits a step, then the emitted events, then the lost
 *     ones
 */
record Situation(long heard, long standing) {

  /** What fits in two longs. */
  static final int MAX_STEPS = 4;

  private static final State[] STATES = State.values();
  private static final int SIGNALS = 3 + 3 * MAX_STEPS;
  private static final long ALL_SIGNALS = (1L << SIGNALS) - 1;
  private static final int EMITTED = 4 * MAX_STEPS;
  private static final int LOST = EMITTED + SIGNALS;

  /** The saga was started, and nobody has heard of it. */
  static final Situation BEGINNING = new Situation(0, 0).emit(Signal.STARTED);

  State state(int step) {
    return STATES[(int) (standing >> (4 * step)) & 0xf];
  }

  Heard heard(int step) {
    return new Heard((heard >> (SIGNALS * step)) & ALL_SIGNALS);
  }

  Heard emitted() {
    return new Heard((standing >> EMITTED) & ALL_SIGNALS);
  }

  boolean hasEmitted(Signal signal) {
    return emitted().has(signal);
  }

  Situation emit(Signal signal) {
    return new Situation(heard, standing | signal.bit() << EMITTED);
  }

  /** What whoever has not heard it yet will not hear, unless it is published again. */
  Heard lost() {
    return new Heard((standing >> LOST) & ALL_SIGNALS);
  }

  Situation withLost(Heard lost) {
    return new Situation(heard, (standing & ~(ALL_SIGNALS << LOST)) | (lost.bits() << LOST));
  }

  /** A situation is forgotten with the program, so the states' order may change. */
  @SuppressWarnings("EnumOrdinal")
  Situation withRow(int step, State state, Heard rowHeard) {
    long others = heard & ~(ALL_SIGNALS << (SIGNALS * step));
    long otherStates = standing & ~(0xfL << (4 * step));
    return new Situation(
        others | (rowHeard.bits() << (SIGNALS * step)),
        otherStates | ((long) state.ordinal() << (4 * step)));
  }

  /** For traces: {@code step 1 hears failed 0: WAITING → SKIPPED, emits compensated 1}. */
  String describeChangeTo(Situation next) {
    String emits = describe(next.emitted().bits() & ~emitted().bits());
    for (int step = 0; step < MAX_STEPS; step++) {
      State from = state(step);
      State to = next.state(step);
      String news = describe(next.heard(step).bits() & ~heard(step).bits());
      if (from != to || !next.heard(step).equals(heard(step))) {
        return "step %d %s: %s%s"
            .formatted(
                step,
                news.isEmpty() ? "goes on" : "hears " + news,
                from == to ? "stays " + to : from + " → " + to,
                emits.isEmpty() ? "" : ", emits " + emits);
      }
    }
    String loses = describe(next.lost().bits() & ~lost().bits());
    String finds = describe(lost().bits() & ~next.lost().bits());
    if (!loses.isEmpty() || !finds.isEmpty()) {
      return loses.isEmpty() ? "a repair publishes %s again".formatted(finds) : loses + " is lost";
    }
    return emits.equals("cancelled")
        ? "an operator cancels"
        : emits + " is emitted, no row tells of it";
  }

  static String describe(Signal signal) {
    String kind = signal.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    boolean ofAStep = signal.kind().compareTo(Signal.Kind.COMPLETED) >= 0;
    return ofAStep ? kind + " " + signal.step() : kind;
  }

  private static String describe(long signals) {
    StringJoiner names = new StringJoiner(" and ");
    for (int step = 0; step < MAX_STEPS; step++) {
      for (Signal.Kind kind : Signal.Kind.values()) {
        boolean exists = step == 0 || kind.compareTo(Signal.Kind.COMPLETED) >= 0;
        if (exists && new Heard(signals).has(new Signal(kind, step))) {
          names.add(describe(new Signal(kind, step)));
        }
      }
    }
    return names.toString();
  }

  /** Spread, since millions of situations differ in a few bits. */
  @Override
  public int hashCode() {
    long mixed = (heard * 0x9E3779B97F4A7C15L ^ standing) * 0xC2B2AE3D27D4EB4FL;
    return (int) (mixed >>> 32 ^ mixed >>> 16);
  }
}
