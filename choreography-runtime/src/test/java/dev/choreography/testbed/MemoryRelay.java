// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Relay;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;

/** Keeps what is published, and acknowledges it at once, or never while the broker is away. */
public final class MemoryRelay implements Relay {

  private final List<OutboxEvent> published = new CopyOnWriteArrayList<>();
  private volatile boolean away;

  @Override
  public void publish(List<OutboxRow> rows, LongConsumer acknowledged) {
    if (!away) {
      for (OutboxRow row : rows) {
        published.add(row.event());
        acknowledged.accept(row.id());
      }
    }
  }

  @Override
  public void flush() {
    // Everything is acknowledged, or never will be.
  }

  /** Whether the broker is away. */
  public void away(boolean isAway) {
    away = isAway;
  }

  /** All events so far. */
  public List<OutboxEvent> published() {
    return published;
  }

  /** The events of one saga, in the order in which they were published. */
  public List<OutboxEvent> of(String sagaId) {
    return published.stream().filter(event -> event.sagaId().equals(sagaId)).toList();
  }
}
