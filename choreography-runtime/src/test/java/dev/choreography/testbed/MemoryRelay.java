// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Relay;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** Keeps what is published, and acknowledges it at once, or never while the broker is away. */
public final class MemoryRelay implements Relay {

  private final List<OutboxEvent> published = Collections.synchronizedList(new ArrayList<>());
  private volatile boolean away;
  private volatile String refused = "";
  private volatile Set<String> unreachable = Set.of();

  @Override
  public void publish(List<OutboxRow> rows, Consumer<OutboxId> acknowledged) {
    if (!away) {
      for (OutboxRow row : rows) {
        if (!row.event().sagaId().equals(refused)) {
          published.add(row.event());
          acknowledged.accept(row.id());
        }
      }
    }
  }

  @Override
  public void flush() {
    // Everything is acknowledged, or never will be.
  }

  @Override
  public Set<String> unreachable() {
    return unreachable;
  }

  /** Whether the broker is away. */
  public void away(boolean isAway) {
    away = isAway;
  }

  /** The saga whose events the broker never takes. */
  public void refusing(String sagaId) {
    refused = sagaId;
  }

  /** The topics that cannot be reached from now on. */
  public void reachingAllBut(String... topics) {
    unreachable = Set.of(topics);
  }

  /** All events so far. */
  public List<OutboxEvent> published() {
    synchronized (published) {
      return List.copyOf(published);
    }
  }

  /** The events of one saga, in the order in which they were published. */
  public List<OutboxEvent> of(String sagaId) {
    return published().stream().filter(event -> event.sagaId().equals(sagaId)).toList();
  }
}
