// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.StepContext;

/**
 * Failures at random, for trying a choreography: a share of the sagas that a step rejects, and a
 * share of the attempts, to execute or to compensate, that end in an error.
 *
 * <p>Whether one happens is a hash of the seed, the saga, the step and, for errors, the attempt. So
 * neither the order of sagas nor a redelivery changes it, and the same seed fails the same sagas.
 *
 * @param seed chooses which sagas fail
 * @param step so that the steps of a saga fail independently
 * @param failureRate the share of sagas that {@link #reject} answers true for, 0 to 1
 * @param technicalErrorRate the share of attempts at which {@link #errAfterExecution} throws, 0 to
 *     1
 * @param compensationErrorRate the share of attempts at which {@link #errAfterCompensation} throws,
 *     0 to 1
 */
public record SimulatedFailures(
    long seed,
    String step,
    double failureRate,
    double technicalErrorRate,
    double compensationErrorRate) {

  /** Validates. */
  public SimulatedFailures {
    if (!(isShare(failureRate) && isShare(technicalErrorRate) && isShare(compensationErrorRate))) {
      throw new IllegalArgumentException(
          "rates are from 0 to 1, these are %s, %s and %s"
              .formatted(failureRate, technicalErrorRate, compensationErrorRate));
    }
  }

  private static boolean isShare(double rate) {
    return rate >= 0 && rate <= 1;
  }

  /** Failures that never happen. */
  public static SimulatedFailures none(String step) {
    return new SimulatedFailures(0, step, 0, 0, 0);
  }

  /** Whether the step is to reject this saga; the same answer at every attempt. */
  public boolean reject(StepContext saga) {
    return draw("rejection", saga) < failureRate;
  }

  /**
   * To be called when the step's work is written, so that an error has something to undo.
   *
   * @throws SimulatedErrorException if this attempt is to end in a technical error
   */
  public void errAfterExecution(StepContext saga) {
    err("error", technicalErrorRate, saga);
  }

  /**
   * The same for a compensation's work.
   *
   * @throws SimulatedErrorException if this attempt is to end in a technical error
   */
  public void errAfterCompensation(StepContext saga) {
    err("compensation error", compensationErrorRate, saga);
  }

  private void err(String what, double rate, StepContext saga) {
    if (draw(what + " " + saga.attempt(), saga) < rate) {
      throw new SimulatedErrorException(
          "simulated technical %s: saga %s, step %s, attempt %s"
              .formatted(what, saga.sagaId(), step, saga.attempt()));
    }
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
