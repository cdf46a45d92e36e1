// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Carries committed events to the topics. The outbox is the safety net: an event whose publication
 * is not acknowledged stays there, and {@link Housekeeping} publishes it again. Used by several
 * threads.
 */
public interface Relay {

  /**
   * Publishes without waiting for acknowledgements. What is for a topic or a partition that cannot
   * take it holds up nothing else: it is left out, and stays in the outbox.
   *
   * @param rows what has committed
   * @param acknowledged told the identity of each row that the broker has; called on another thread
   */
  void publish(List<OutboxRow> rows, Consumer<OutboxId> acknowledged);

  /**
   * Waits until everything published so far is acknowledged or has failed, but for partitions that
   * acknowledge nothing: what those have may be acknowledged later.
   */
  void flush();

  /** The topics that could not be reached just now; what is for them is left in the outbox. */
  Set<String> unreachable();
}
