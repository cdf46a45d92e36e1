// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import java.util.Set;

/** What a participant goes by; the production's, or others to see what becomes of them. */
interface Rules {

  /** The rules that are shipped. */
  Rules PRODUCTION =
      new Rules() {
        @Override
        public Set<Signal> hears(Graph graph, int step) {
          return Protocol.hears(graph, step);
        }

        @Override
        public Move decide(Graph graph, int step, State state, Heard heard) {
          return Protocol.decide(graph, step, state, heard);
        }

        @Override
        public Set<Signal> says(Graph graph, int step, State state, Heard heard) {
          return Protocol.says(graph, step, state, heard);
        }
      };

  /** As {@link Protocol#hears}. */
  Set<Signal> hears(Graph graph, int step);

  /** As {@link Protocol#decide}. */
  Move decide(Graph graph, int step, State state, Heard heard);

  /** As {@link Protocol#says}. */
  Set<Signal> says(Graph graph, int step, State state, Heard heard);

  /** Whether the journal keeps a row in this state. */
  default boolean keepsRow(State state) {
    return true;
  }
}
