// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import org.apache.avro.specific.SpecificRecord;

/**
 * What came of executing a step. A technical error is neither: it is an exception, and is retried.
 */
public sealed interface Outcome {

  /** The event to emit. */
  SpecificRecord event();

  /**
   * The step was done; the handler's writes stand.
   *
   * @param event the step's <i>completed</i> event; it is what the compensation will be given
   */
  static Outcome completed(SpecificRecord event) {
    return new Completed(event);
  }

  /**
   * The business says no; the handler's own writes are undone, and the saga unwinds.
   *
   * @param event the step's <i>failed</i> event
   */
  static Outcome rejected(SpecificRecord event) {
    return new Rejected(event);
  }

  /** See {@link Outcome#completed}. */
  record Completed(SpecificRecord event) implements Outcome {}

  /** See {@link Outcome#rejected}. */
  record Rejected(SpecificRecord event) implements Outcome {}
}
