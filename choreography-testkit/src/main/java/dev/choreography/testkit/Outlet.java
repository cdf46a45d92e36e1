// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Relay;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** A participant's relay in one of its lives: what it publishes may be late, or there twice. */
final class Outlet implements Relay {

  private static final long LATEST_MS = Duration.ofSeconds(30).toMillis();
  private static final long LATEST_DUPLICATE_MS = Duration.ofMinutes(20).toMillis();

  private final FaultyJournal journal;
  private final Round round;
  private final Metadata metadata;
  private boolean dead;
  private long heldMs;

  Outlet(FaultyJournal journal, Round round, Metadata metadata) {
    this.journal = journal;
    this.round = round;
    this.metadata = metadata;
  }

  /** What is under way is lost, or is not. */
  void die() {
    dead = true;
  }

  /** What is to be published from now on will be after this time; 0 for at once. */
  void holds(long ms) {
    heldMs = ms;
  }

  @Override
  public void publish(List<OutboxRow> rows, Consumer<OutboxId> acknowledged) {
    boolean crash = journal.takes(Ending.CRASH_BEFORE_PUBLISH);
    if (heldMs > 0 && !crash) {
      round.later(heldMs, () -> unlessDead(rows, acknowledged));
      return;
    }
    int sent = crash ? (int) (journal.share() * (rows.size() + 1)) : rows.size();
    for (int i = 0; i < sent; i++) {
      send(rows.get(i), acknowledged);
    }
    if (crash) {
      throw new Crash();
    }
  }

  private void unlessDead(List<OutboxRow> rows, Consumer<OutboxId> acknowledged) {
    if (!dead) {
      rows.forEach(row -> send(row, acknowledged));
    }
  }

  private void send(OutboxRow row, Consumer<OutboxId> acknowledged) {
    OutboxEvent event = row.event();
    Saga saga = round.saga(event.sagaId());
    double late = saga.lot().strike(round.faults().delays());
    if (late < 0) {
      round.publish(saga, event, metadata);
      acknowledged.accept(row.id());
    } else {
      boolean survives = late < 0.5;
      round.later(
          (long) (late * LATEST_MS),
          () -> {
            if (!dead || survives) {
              round.publish(saga, event, metadata);
              acknowledged.accept(row.id());
            }
          });
    }
    double again = saga.lot().strike(round.faults().duplicates());
    if (again >= 0) {
      long after = again < 0.5 ? 0 : (long) (Math.pow(2 * again - 1, 3) * LATEST_DUPLICATE_MS);
      round.later(after, () -> round.publish(saga, event, metadata));
    }
  }

  @Override
  public Set<String> unreachable() {
    return Set.of();
  }

  @Override
  public void flush() {
    // What is late is acknowledged then, and swept once more until it is.
  }
}
