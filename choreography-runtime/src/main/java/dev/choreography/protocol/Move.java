// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

/** What a step does next about one saga. */
public enum Move {
  /** Nothing, until something else is heard. */
  NOTHING,
  /** Execute the handler; emit <i>completed</i>, or <i>failed</i> where it refuses. */
  RUN,
  /** Refuse to run, since the saga was cancelled or is too late; emit <i>failed</i>. */
  FAIL,
  /** Never run; emit <i>compensated</i>. */
  SKIP,
  /** Execute the compensation; emit <i>compensated</i>. */
  COMPENSATE,
  /** The saga has succeeded: confirm what was only reserved; emit nothing. */
  CONFIRM,
  /** The deadline found the step executed and the saga undecided; emit <i>cancel</i>. */
  CANCEL
}
