// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import java.time.Duration;

/**
 * How a hosted step is run.
 *
 * @param execution tries of {@link StepHandler#execute}; when they are used up the step has failed
 * @param compensation tries of {@link StepHandler#compensate}; when they are used up the step is
 *     parked for an operator
 * @param confirmation tries of {@link StepHandler#confirm}; likewise
 * @param timeLimit of one call of the handler, at most two minutes; one that takes longer is
 *     interrupted, its transaction aborted, and counts as a technical error
 */
public record StepOptions(
    RetryPolicy execution, RetryPolicy compensation, RetryPolicy confirmation, Duration timeLimit) {

  private static final Duration LONGEST = Duration.ofMinutes(2);

  /**
   * Validates.
   *
   * @throws IllegalArgumentException if the time limit is not positive, or is above two minutes
   */
  public StepOptions {
    if (timeLimit.compareTo(Duration.ZERO) <= 0) {
      throw new IllegalArgumentException("the time limit %s is not positive".formatted(timeLimit));
    }
    if (timeLimit.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "the time limit %s is more than %s: so long, a call keeps its partition waiting, and Kafka takes the instance for dead"
              .formatted(timeLimit, LONGEST));
    }
  }

  /** {@link RetryPolicy#defaults()} for all three, ten seconds for a call. */
  public static StepOptions defaults() {
    RetryPolicy retries = RetryPolicy.defaults();
    return new StepOptions(retries, retries, retries, Duration.ofSeconds(10));
  }

  /** These options with other tries of executing. */
  public StepOptions withExecution(RetryPolicy retries) {
    return new StepOptions(retries, compensation, confirmation, timeLimit);
  }

  /** These options with other tries of compensating. */
  public StepOptions withCompensation(RetryPolicy retries) {
    return new StepOptions(execution, retries, confirmation, timeLimit);
  }

  /** These options with other tries of confirming. */
  public StepOptions withConfirmation(RetryPolicy retries) {
    return new StepOptions(execution, compensation, retries, timeLimit);
  }

  /** These options with another time limit. */
  public StepOptions withTimeLimit(Duration limit) {
    return new StepOptions(execution, compensation, confirmation, limit);
  }
}
