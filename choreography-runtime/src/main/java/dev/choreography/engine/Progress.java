// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.util.Collection;
import java.util.List;

/** The positions that a batch of records leads to. */
@FunctionalInterface
public interface Progress {

  /** No positions are kept. */
  Progress NONE = notHandled -> List.of();

  /**
   * Returns how far partitions are handled once a batch has committed. Called on the thread that
   * handles the batch.
   *
   * @param notHandled records of the batch that are not handled by that alone
   */
  Collection<Position> without(Collection<Incoming> notHandled);
}
