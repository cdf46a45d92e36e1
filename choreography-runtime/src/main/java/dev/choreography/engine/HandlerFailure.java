// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

/** A handler failed technically; what it wrote is undone. The cause is the exception. */
public final class HandlerFailure extends Exception {

  private static final long serialVersionUID = 1L;

  /** What is kept of a message, in characters: it goes into the journal and into an event. */
  private static final int LONGEST = 1_000;

  private final boolean passing;

  /** Wraps what the handler threw. */
  public HandlerFailure(Throwable cause) {
    this(cause, false);
  }

  /**
   * Wraps what the handler threw.
   *
   * @param passing whether it says nothing about the work and counts as no attempt: a lock or time
   *     that was not to be had; as it is where the event cannot be written that the handler
   *     returned
   */
  public HandlerFailure(Throwable cause, boolean passing) {
    super(describe(cause), cause);
    this.passing = passing || UnwritableEventException.isWithin(cause);
  }

  /** Whether it counts as no attempt. */
  boolean isPassing() {
    return passing;
  }

  private static String describe(Throwable cause) {
    String message = cause.getMessage();
    String type = cause.getClass().getSimpleName();
    String whole = message == null ? type : type + ": " + message;
    return whole.length() <= LONGEST ? whole : whole.substring(0, LONGEST) + "...";
  }
}
