// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

/** Not all of the sagas can be asked at the moment; ask again in a second. */
public final class NotYetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotYetException(String message) {
    super(message);
  }

  NotYetException(String message, Throwable cause) {
    super(message, cause);
  }
}
