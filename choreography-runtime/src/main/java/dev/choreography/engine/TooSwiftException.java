// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

/**
 * A transaction of {@link Journal.Scope#SWIFT} met what it had presumed would not happen. It is to
 * be rolled back, and the work to be done again in one that presumes nothing.
 */
public final class TooSwiftException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What it met. */
  public TooSwiftException(String message) {
    super(message);
  }
}
