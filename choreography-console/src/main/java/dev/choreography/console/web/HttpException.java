// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.web;

/** Ends a request with a status and a sentence for whoever asked. */
public final class HttpException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /** Such an end. */
  public HttpException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** HTTP's number. */
  public int status() {
    return status;
  }
}
