// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import org.jspecify.annotations.Nullable;

/**
 * An event that cannot be written at the moment, whatever its saga holds: a registry refuses its
 * schema, say. No handler is to blame and nothing of the transaction is spoiled, so only the step
 * that is to emit it waits, and that counts as no attempt.
 */
public final class UnwritableEventException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Says which event was to be written, and why it was not. */
  public UnwritableEventException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Returns whether an exception is one, or is caused by one. */
  static boolean isWithin(Throwable thrown) {
    for (@Nullable Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnwritableEventException) {
        return true;
      }
    }
    return false;
  }
}
