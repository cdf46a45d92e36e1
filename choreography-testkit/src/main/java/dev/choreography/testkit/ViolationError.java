// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

/** A guarantee was broken. The message tells which, the seed, and what happened to one saga. */
public final class ViolationError extends AssertionError {

  private static final long serialVersionUID = 1L;

  private final String guarantee;
  private final long seed;

  ViolationError(String guarantee, long seed, String message) {
    super(message);
    this.guarantee = guarantee;
    this.seed = seed;
  }

  /** The name of the guarantee. */
  public String guarantee() {
    return guarantee;
  }

  /** With this seed the first round breaks it again. */
  public long seed() {
    return seed;
  }
}
