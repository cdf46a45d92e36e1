// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

/**
 * The set of signals that one step has heard of one saga. It only grows, so hearing something twice
 * changes nothing.
 *
 * @param bits one bit a signal, as the journal stores it: bit 0 started, 1 cancelled, 2 deadline
 *     passed, then for step <i>i</i> bit 3 + 3<i>i</i> completed, 4 + 3<i>i</i> failed, 5 +
 *     3<i>i</i> compensated
 */
public record Heard(long bits) {

  /** Nothing heard yet. */
  public static final Heard NOTHING = new Heard(0);

  /** This set and one more signal. */
  public Heard plus(Signal signal) {
    return has(signal) ? this : new Heard(bits | signal.bit());
  }

  /** Whether a signal was heard. */
  public boolean has(Signal signal) {
    return (bits & signal.bit()) != 0;
  }

  /** Whether nothing was heard. */
  public boolean isEmpty() {
    return bits == 0;
  }

  /** The steps, of a set of steps, of which a kind of event was heard. */
  int of(Signal.Kind kind, int steps) {
    int found = 0;
    for (int step = 0; steps >> step != 0; step++) {
      if (Graph.contains(steps, step) && has(new Signal(kind, step))) {
        found |= 1 << step;
      }
    }
    return found;
  }
}
