// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.StepContext;
import dev.choreography.engine.HandlerFailure;
import dev.choreography.engine.Journal;
import dev.choreography.engine.JournalRow;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Position;
import dev.choreography.engine.RowKey;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.apache.avro.specific.SpecificRecord;

/** A transaction that does what another does, for tests to meddle with. */
class ForwardingTransaction implements Journal.Transaction {

  private final Journal.Transaction to;

  ForwardingTransaction(Journal.Transaction to) {
    this.to = to;
  }

  @Override
  public SortedMap<RowKey, JournalRow> lock(
      SortedMap<RowKey, JournalRow> wanted, Set<RowKey> likelyNew) {
    return to.lock(wanted, likelyNew);
  }

  @Override
  public SortedMap<RowKey, JournalRow> lockDue(Collection<Journal.StepVersion> steps, int limit) {
    return to.lockDue(steps, limit);
  }

  @Override
  public SortedMap<RowKey, JournalRow> lockLate(
      Collection<Journal.StepVersion> steps, Instant after, Instant upTo, int limit) {
    return to.lockLate(steps, after, upTo, limit);
  }

  @Override
  public Journal.Window window(Instant after, int limit) {
    return to.window(after, limit);
  }

  @Override
  public Instant now() {
    return to.now();
  }

  @Override
  public void save(Collection<JournalRow> rows) {
    to.save(rows);
  }

  @Override
  public List<OutboxRow> append(List<OutboxEvent> events) {
    return to.append(events);
  }

  @Override
  public void forget(Collection<OutboxId> published) {
    to.forget(published);
  }

  @Override
  public void advance(Collection<Position> positions) {
    to.advance(positions);
  }

  @Override
  public StepContext context(
      String sagaId, int attempt, Instant deadline, Collection<SpecificRecord> predecessors) {
    return to.context(sagaId, attempt, deadline, predecessors);
  }

  @Override
  public void attempt(Journal.Attempt attempt) throws HandlerFailure {
    to.attempt(attempt);
  }

  @Override
  public void commit() {
    to.commit();
  }

  @Override
  public void abort() {
    to.abort();
  }

  @Override
  public void close() {
    to.close();
  }
}
