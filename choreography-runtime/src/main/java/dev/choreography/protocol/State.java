// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

/** Where one step of one saga stands. The names are stored; they never change. */
public enum State {
  /** Nothing of the saga was heard. */
  NONE,
  /** Something was heard, not yet all that the step waits for. */
  WAITING,
  /** The handler failed technically and is to be tried again. */
  RETRYING,
  /** Executed. */
  COMPLETED,
  /** Executed, and the saga has succeeded. */
  CONFIRMED,
  /** Refused, given up, or too late; the step has done nothing. */
  FAILED,
  /** Executed and undone. */
  COMPENSATED,
  /** Told to undo before it was executed: a fence against the event that would execute it. */
  SKIPPED,
  /** The compensation failed technically and is to be tried again. */
  COMPENSATING,
  /** The confirmation failed technically and is to be tried again. */
  CONFIRMING,
  /** The compensation or confirmation keeps failing: an operator is needed. */
  PARKED;

  /** Whether the step has neither been executed nor ended. */
  public boolean hasNotRun() {
    return this == NONE || this == WAITING || this == RETRYING;
  }
}
