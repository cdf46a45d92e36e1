// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

/** A handler failed technically; what it wrote is undone. The cause is its exception. */
public final class HandlerFailure extends Exception {

  private static final long serialVersionUID = 1L;

  /** What is kept of a message, in characters: it goes into the journal and into an event. */
  private static final int LONGEST = 1_000;

  /** Wraps what the handler threw. */
  public HandlerFailure(Throwable cause) {
    super(describe(cause), cause);
  }

  private static String describe(Throwable cause) {
    String message = cause.getMessage();
    String type = cause.getClass().getSimpleName();
    String whole = message == null ? type : type + ": " + message;
    return whole.length() <= LONGEST ? whole : whole.substring(0, LONGEST) + "...";
  }
}
