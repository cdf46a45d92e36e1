// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What holds for every saga, whatever goes wrong. Asked when all is over and nothing moves any
 * more; knows nothing but the saga's history, so any test that can tell one may ask.
 *
 * <p>Below, a saga of the steps a, b, c, one after another; what is not told is of no account.
 */
public interface Guarantee {

  /** What a violation is named after. */
  String name();

  /** What is wrong with a history, a sentence, or null if nothing is. */
  @Nullable String violation(History history);

  /** All those below. */
  static List<Guarantee> all() {
    return List.of(
        nothingInBetween(),
        nothingTwice(),
        undoneInOrder(),
        nothingWithoutCause(),
        deadlinesAreKept());
  }

  /**
   * Either every step was executed and confirmed, or all that were executed are undone and every
   * step that follows the start alone has said that it is over.
   *
   * <ul>
   *   <li>valid: a, b and c executed; a, b and c confirmed
   *   <li>valid: a executed; b rejected; a compensated
   *   <li>valid: a cancelled before it ran
   *   <li>invalid: a executed; b rejected: a holds what nobody will use
   *   <li>invalid: a, b and c executed; a and b confirmed: what c reserved is not for good
   *   <li>invalid: nothing at all: the start was lost
   * </ul>
   */
  static Guarantee nothingInBetween() {
    return Guarantees.NOTHING_IN_BETWEEN;
  }

  /**
   * No step is executed, undone or confirmed twice, nor emits an event twice; no start is adopted
   * twice; none is undone or confirmed that was not executed, or both; none is executed after it
   * has said that it will not.
   *
   * <ul>
   *   <li>valid: a heard the start; a executed; a heard the start once more
   *   <li>valid: a failed technically; a executed
   *   <li>invalid: a executed; a executed
   *   <li>invalid: a compensated, without having been executed
   *   <li>invalid: a skipped; a executed
   * </ul>
   */
  static Guarantee nothingTwice() {
    return Guarantees.NOTHING_TWICE;
  }

  /**
   * A step is undone after all the steps that follow it, near or far.
   *
   * <ul>
   *   <li>valid: a and b executed; b compensated; a compensated
   *   <li>invalid: a and b executed; a compensated; b compensated
   *   <li>invalid: a executed; a compensated; b executed
   * </ul>
   */
  static Guarantee undoneInOrder() {
    return Guarantees.UNDONE_IN_ORDER;
  }

  /**
   * Nobody hears what nobody emitted, and no step fails without a cause: rejected, by its handler;
   * exhausted, after its handler's errors; cancelled, when somebody asked for it; too late, after
   * the deadline. A try counts as one only where the handler failed: trouble of the infrastructure
   * is none. And no step of a saga that has five minutes or more waits for the others until the
   * deadline unless something held it up: a fault, a handler's failure, or a cancel.
   *
   * <ul>
   *   <li>valid: a failed at attempt 1; a executed at attempt 2
   *   <li>valid: cancel asked for; a says failed, cancelled
   *   <li>invalid: a executed at attempt 2, without having failed
   *   <li>invalid: b heard a's event; a executed and emits it
   *   <li>invalid: a executed; ten minutes later, without a fault, a emits cancel
   * </ul>
   */
  static Guarantee nothingWithoutCause() {
    return Guarantees.NOTHING_WITHOUT_CAUSE;
  }

  /**
   * No step is executed after the saga's deadline; one that was executed and is not confirmed,
   * undone or told to by a minute after it, has asked for the saga to be cancelled, or heard
   * somebody ask.
   *
   * <ul>
   *   <li>valid: a executed; the deadline passes; a emits cancel
   *   <li>invalid: the deadline passes; a executed
   *   <li>invalid: a executed; the deadline passes, and an hour; b rejected; a compensated
   * </ul>
   */
  static Guarantee deadlinesAreKept() {
    return Guarantees.DEADLINES_ARE_KEPT;
  }
}
