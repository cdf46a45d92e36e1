// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

/**
 * An event as the protocol sees it: what happened, and to which step.
 *
 * @param kind what happened
 * @param step the step it happened to, 0 for what concerns the whole saga
 */
public record Signal(Kind kind, int step) {

  /** What can happen. */
  public enum Kind {
    /** The saga was started. */
    STARTED(0, false),
    /** An operator, or a deadline, asks that the saga not complete. */
    CANCELLED(1, false),
    /** The deadline has passed; a local event that no topic carries. */
    DEADLINE_PASSED(2, false),
    /** A step was executed. */
    COMPLETED(3, true),
    /** A step was refused, gave up or was never begun, and has done nothing. */
    FAILED(4, true),
    /** A step is undone, or was skipped and will not be executed. */
    COMPENSATED(5, true);

    private final int firstBit;
    private final boolean concernsAStep;

    Kind(int firstBit, boolean concernsAStep) {
      this.firstBit = firstBit;
      this.concernsAStep = concernsAStep;
    }
  }

  /** The saga was started. */
  public static final Signal STARTED = new Signal(Kind.STARTED, 0);

  /** The saga is asked not to complete. */
  public static final Signal CANCELLED = new Signal(Kind.CANCELLED, 0);

  /** The saga's deadline has passed. */
  public static final Signal DEADLINE_PASSED = new Signal(Kind.DEADLINE_PASSED, 0);

  /**
   * Validates.
   *
   * @throws IllegalArgumentException if the step is not one of a graph
   */
  public Signal {
    if (step < 0 || step >= (kind.concernsAStep ? Graph.MAX_STEPS : 1)) {
      throw new IllegalArgumentException("no signal " + kind + " for step " + step);
    }
  }

  /** A step was executed. */
  public static Signal completed(int step) {
    return new Signal(Kind.COMPLETED, step);
  }

  /** A step has failed. */
  public static Signal failed(int step) {
    return new Signal(Kind.FAILED, step);
  }

  /** A step was undone or skipped. */
  public static Signal compensated(int step) {
    return new Signal(Kind.COMPENSATED, step);
  }

  /** The bit that stands for this signal in {@link Heard#bits()}. Never changes: it is stored. */
  long bit() {
    return 1L << (kind.firstBit + 3 * step);
  }
}
