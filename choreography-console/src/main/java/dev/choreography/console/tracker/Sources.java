// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import dev.choreography.console.trace.Declaration;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The cluster, as far as the tracker needs it. All may throw where the cluster does not answer. */
public interface Sources extends EventDecoder {

  /** For Kafka's clients, with the registry's address. */
  Map<String, Object> properties();

  /** What is declared, the newest version last. */
  List<Declaration> declarations() throws InterruptedException;

  /** How many partitions each of these topics has; those that do not exist are left out. */
  Map<String, Integer> partitions(Collection<String> topics) throws InterruptedException;

  /**
   * How long after its time an event may still be read from any of these topics; null if one keeps
   * events for ever.
   */
  @Nullable Duration kept(Collection<String> topics) throws InterruptedException;

  /**
   * How many bytes a record may have on each of these topics, also where they do not exist yet.
   *
   * @param most what to say at most
   */
  int largestRecord(Collection<String> topics, int most) throws InterruptedException;

  /** Creates a compacted topic, if it is not there. */
  void createCompacted(String topic, int partitions) throws InterruptedException;
}
