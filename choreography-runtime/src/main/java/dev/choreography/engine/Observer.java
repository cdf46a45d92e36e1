// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.protocol.State;
import java.time.Duration;

/**
 * Told what happens, by whoever measures it. Called on the threads that do the work, several at
 * once: must be quick and must not throw.
 */
public interface Observer {

  /** Looks away. */
  Observer NOBODY = new Observer() {};

  /**
   * A handler was called, whether or not its transaction commits.
   *
   * @param step whose handler
   * @param method of the handler
   * @param took until it returned or threw
   * @param succeeded whether it returned an answer that the step may give
   */
  default void called(HostedStep step, String method, Duration took, boolean succeeded) {}

  /** A step of a saga has come to this state, for good: the transaction has committed. */
  default void reached(HostedStep step, State state) {}

  /** A transaction has committed in which so many journal rows had their turn. */
  default void committed(int rows) {}

  /** So many records are put aside. */
  default void putAside(int records) {}
}
