// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

/** The process is gone, in the midst of what it did. */
final class Crash extends Error {

  private static final long serialVersionUID = 1L;

  /** Without a stack trace: where it comes from is told in the saga's. */
  Crash() {
    super("the participant crashes, as the simulation has it", null, false, false);
  }
}
