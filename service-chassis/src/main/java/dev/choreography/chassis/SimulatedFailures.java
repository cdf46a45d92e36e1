// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.StepContext;

/**
 * Failures at random, for trying a choreography: a share of the sagas that a step rejects, and a
 * share of the attempts that end in an error.
 *
 * <p>Whether one happens is a hash of the seed, the saga, the step and, for errors, the attempt. So
 * neither the order of sagas nor a redelivery changes it, and the same seed fails the same sagas.
 *
 * @param seed chooses which sagas fail
 * @param step so that the steps of a saga fail independently
 * @param failureRate the share of sagas that {@link #reject} answers true for, 0 to 1
 * @param technicalErrorRate the share of attempts at which {@link #reject} throws, 0 to 1
 */
public record SimulatedFailures(
    long seed, String step, double failureRate, double technicalErrorRate) {

  /** Validates. */
  public SimulatedFailures {
    if (!(failureRate >= 0
        && failureRate <= 1
        && technicalErrorRate >= 0
        && technicalErrorRate <= 1)) {
      throw new IllegalArgumentException(
          "rates are from 0 to 1, these are %s and %s".formatted(failureRate, technicalErrorRate));
    }
  }

  /** Failures that never happen. */
  public static SimulatedFailures none(String step) {
    return new SimulatedFailures(0, step, 0, 0);
  }

  /**
   * Whether the step is to reject this saga; the same answer at every attempt.
   *
   * @throws SimulatedErrorException if this attempt is to end in a technical error
   */
  public boolean reject(StepContext saga) {
    if (draw("error " + saga.attempt(), saga) < technicalErrorRate) {
      throw new SimulatedErrorException(
          "simulated technical error: saga %s, step %s, attempt %d"
              .formatted(saga.sagaId(), step, saga.attempt()));
    }
    return draw("rejection", saga) < failureRate;
  }

  /** Evenly spread over [0, 1). */
  private double draw(String what, StepContext saga) {
    return (hash(String.join("\n", what, step, saga.sagaId())) >>> 11) * 0x1.0p-53;
  }

  /** FNV-1a over the text, begun with the seed, and the finalizer of SplitMix64 to mix it well. */
  private long hash(String text) {
    long hash = mix(seed) ^ 0xcbf29ce484222325L;
    for (byte b : text.getBytes(UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  private static long mix(long bits) {
    long mixed = bits + 0x9e3779b97f4a7c15L;
    mixed = (mixed ^ (mixed >>> 30)) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94d049bb133111ebL;
    return mixed ^ (mixed >>> 31);
  }

  /**
   * A technical error that was asked for; it has no stack trace, since nobody has to look for it.
   */
  public static final class SimulatedErrorException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SimulatedErrorException(String message) {
      super(message, null, false, false);
    }
  }
}
