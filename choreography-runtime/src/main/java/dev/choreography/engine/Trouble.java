// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

/**
 * The infrastructure failed: a deadlock, a lost connection, a registry that is away. It says
 * nothing about the saga: nothing counts as done or attempted, and the work is done again.
 */
public final class Trouble extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** The reason, as far as it decides how the work is done again. */
  public enum Kind {
    /** The journal cannot hold what came, however often it is tried. */
    DATA,

    /** Other transactions were in the way: a deadlock, or a serialization failure. */
    CONTENTION,

    /** The lock that batches share was not to be had at once. */
    LOCKED,

    /** No transaction could be begun, so no saga is to blame. */
    AWAY,

    /** Any other. */
    OTHER
  }

  private final Kind kind;

  /** What was tried, on what, and what happened. */
  public Trouble(String message, Throwable cause) {
    this(message, cause, Kind.OTHER);
  }

  /** What was tried, on what, and what happened, and which kind of trouble it is. */
  public Trouble(String message, Throwable cause, Kind kind) {
    super(message, cause);
    this.kind = kind;
  }

  /** Returns which kind of trouble it is. */
  public Kind kind() {
    return kind;
  }
}
