// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.engine.Journal;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.Position;
import dev.choreography.engine.Published;
import dev.choreography.engine.Relay;
import java.time.Instant;
import java.util.Collection;
import java.util.List;

/** A journal that does what another does, for tests to meddle with. */
class ForwardingJournal implements Journal {

  private final Journal to;

  ForwardingJournal(Journal to) {
    this.to = to;
  }

  @Override
  public Transaction begin(Scope scope) {
    return to.begin(scope);
  }

  @Override
  public Swept sweep(Relay relay, Published published, long after, int limit) {
    return to.sweep(relay, published, after, limit);
  }

  @Override
  public int purge(Instant horizon, int limit) {
    return to.purge(horizon, limit);
  }

  @Override
  public List<Position> positions(Collection<String> topics) {
    return to.positions(topics);
  }

  @Override
  public void forgetPositions(Collection<Position> positions) {
    to.forgetPositions(positions);
  }

  @Override
  public void forget(Collection<OutboxId> published) {
    to.forget(published);
  }
}
