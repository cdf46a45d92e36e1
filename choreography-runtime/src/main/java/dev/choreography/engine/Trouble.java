// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

/**
 * The infrastructure failed: a deadlock, a lost connection, a registry that is away. It says
 * nothing about the saga: nothing counts as done or attempted, and the work is done again.
 */
public final class Trouble extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final boolean ofData;

  /** What was tried, on what, and what happened. */
  public Trouble(String message, Throwable cause) {
    this(message, cause, false);
  }

  /**
   * What was tried, on what, and what happened.
   *
   * @param ofData whether the journal cannot hold what came, however often it is tried
   */
  public Trouble(String message, Throwable cause, boolean ofData) {
    super(message, cause);
    this.ofData = ofData;
  }

  /** Whether the journal cannot hold what came, however often it is tried. */
  boolean isOfData() {
    return ofData;
  }
}
