// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

/** What a handler throws where the simulation has it fail. */
final class SimulatedException extends Exception {

  private static final long serialVersionUID = 1L;

  /** Without a stack trace: where it comes from is told in the saga's. */
  SimulatedException() {
    super("a technical error, as the simulation has it", null, false, false);
  }
}
