// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import java.time.Duration;
import java.util.function.Predicate;

/**
 * How often, and after which pauses, what failed technically is tried again. A pause is spent in
 * the journal: it holds up neither the saga's partition nor its batch, and outlives the process.
 *
 * @param attempts tries in all, at least 1
 * @param firstPause before the second try; each further one is twice as long
 * @param longestPause where that doubling ends, at most a day
 * @param jitter by how much of itself a pause is at most lengthened or shortened, 0 to 1, so that
 *     what failed together is not tried again together
 * @param isFinal exceptions of the handler's after which no further try makes sense
 */
public record RetryPolicy(
    int attempts,
    Duration firstPause,
    Duration longestPause,
    double jitter,
    Predicate<Throwable> isFinal) {

  /**
   * Validates.
   *
   * @throws IllegalArgumentException if a value is outside its range
   */
  public RetryPolicy {
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts is %s, at least 1".formatted(attempts));
    }
    if (firstPause.isNegative() || longestPause.compareTo(firstPause) < 0) {
      throw new IllegalArgumentException(
          "pauses of %s to %s: not negative, and the longest not below the first"
              .formatted(firstPause, longestPause));
    }
    if (longestPause.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException(
          "the longest pause %s is more than a day".formatted(longestPause));
    }
    if (!(jitter >= 0 && jitter <= 1)) {
      throw new IllegalArgumentException("jitter is %s, 0 to 1".formatted(jitter));
    }
  }

  /** Five attempts, pauses from 200 ms to 30 s, a fifth of jitter, no exception final. */
  public static RetryPolicy defaults() {
    return new RetryPolicy(5, Duration.ofMillis(200), Duration.ofSeconds(30), 0.2, e -> false);
  }

  /** No second try. */
  public static RetryPolicy once() {
    return defaults().withAttempts(1);
  }

  /** This policy with another number of tries in all. */
  public RetryPolicy withAttempts(int number) {
    return new RetryPolicy(number, firstPause, longestPause, jitter, isFinal);
  }

  /** This policy with other pauses. */
  public RetryPolicy withPauses(Duration first, Duration longest) {
    return new RetryPolicy(attempts, first, longest, jitter, isFinal);
  }

  /** This policy with another jitter. */
  public RetryPolicy withJitter(double share) {
    return new RetryPolicy(attempts, firstPause, longestPause, share, isFinal);
  }

  /** This policy with other exceptions that end the tries. */
  public RetryPolicy withFinal(Predicate<Throwable> exceptions) {
    return new RetryPolicy(attempts, firstPause, longestPause, jitter, exceptions);
  }

  /**
   * The pause after a failed try.
   *
   * @param attempt the try that failed, from 1
   * @param random between 0 and 1; the same one gives the same pause
   */
  public Duration pauseAfter(int attempt, double random) {
    double doubled = (double) firstPause.toMillis() * Math.pow(2, Math.min(attempt - 1, 62));
    double pause = Math.min(doubled, (double) longestPause.toMillis());
    return Duration.ofMillis(Math.round(pause * (1 + jitter * (2 * random - 1))));
  }
}
