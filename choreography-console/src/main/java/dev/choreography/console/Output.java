// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.Trace.Status;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.protocol.Signal.Kind;

/** Where the demo's events and its final state go. */
interface Output {

  /**
   * An event has appeared.
   *
   * @param kind what it means to the protocol
   * @param says in words
   * @param status of its saga, with it
   */
  void event(TracedEvent event, Kind kind, String says, Status status);

  /** No more events for now: what was told is to be seen. */
  void flush();

  /**
   * The end.
   *
   * @param seconds from the first booking to the last saga's end
   */
  void finalState(FinalState state, double seconds);
}
