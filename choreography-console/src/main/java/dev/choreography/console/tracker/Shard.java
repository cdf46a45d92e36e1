// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Some of the partitions. */
interface Shard {

  /**
   * Counts.
   *
   * @param kind of {@link Counter}
   * @param from where they begin
   */
  Map<String, Long> counts(String kind, String from);

  /** A page of its sagas. */
  Page page(SagaQuery query);

  /** A saga's summary; null if it has none of it. */
  @Nullable Tracked saga(SagaKey saga);

  /** Every record of a saga, {@link StoredEvent}s; none if it has none of it. */
  List<byte[]> events(SagaKey saga);
}
