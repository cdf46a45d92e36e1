// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

/**
 * The infrastructure failed: a deadlock, a lost connection, a registry that is away. It says
 * nothing about the saga: nothing counts as done or attempted, and the work is done again.
 */
public final class Trouble extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What was tried, on what, and what happened. */
  public Trouble(String message, Throwable cause) {
    super(message, cause);
  }
}
