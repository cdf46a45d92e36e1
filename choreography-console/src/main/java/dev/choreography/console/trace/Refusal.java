// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

/** What was asked for cannot be done: one sentence that says why, and what to do next. */
public final class Refusal extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public Refusal(String sentence) {
    super(sentence, null, false, false);
  }
}
