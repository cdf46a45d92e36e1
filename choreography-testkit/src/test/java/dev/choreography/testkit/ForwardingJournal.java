// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.StepContext;
import dev.choreography.engine.HandlerFailure;
import dev.choreography.engine.Journal;
import dev.choreography.engine.JournalRow;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Position;
import dev.choreography.engine.Published;
import dev.choreography.engine.Relay;
import dev.choreography.engine.RowKey;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.UnaryOperator;
import org.apache.avro.specific.SpecificRecord;

/** A journal that does what another does, to be broken somewhere. */
class ForwardingJournal implements Journal {

  private final Journal sound;
  private final UnaryOperator<Transaction> fault;

  ForwardingJournal(Journal sound, UnaryOperator<Transaction> fault) {
    this.sound = sound;
    this.fault = fault;
  }

  @Override
  public Transaction begin(Scope scope) {
    return fault.apply(sound.begin(scope));
  }

  @Override
  public Swept sweep(Relay relay, Published published, long after, int limit) {
    return sound.sweep(relay, published, after, limit);
  }

  @Override
  public int purge(Instant horizon, int limit) {
    return sound.purge(horizon, limit);
  }

  @Override
  public List<Position> positions(Collection<String> topics) {
    return sound.positions(topics);
  }

  @Override
  public void forgetPositions(Collection<Position> positions) {
    sound.forgetPositions(positions);
  }

  @Override
  public void forget(Collection<OutboxId> published) {
    sound.forget(published);
  }

  static class Forwarding implements Transaction {
    private final Transaction sound;

    Forwarding(Transaction sound) {
      this.sound = sound;
    }

    @Override
    public SortedMap<RowKey, JournalRow> lock(
        SortedMap<RowKey, JournalRow> wanted, Set<RowKey> likelyNew) {
      return sound.lock(wanted, likelyNew);
    }

    @Override
    public SortedMap<RowKey, JournalRow> lockDue(Collection<StepVersion> steps, int limit) {
      return sound.lockDue(steps, limit);
    }

    @Override
    public SortedMap<RowKey, JournalRow> lockLate(
        Collection<StepVersion> steps, Instant after, Instant upTo, int limit) {
      return sound.lockLate(steps, after, upTo, limit);
    }

    @Override
    public Window window(Instant after, int limit) {
      return sound.window(after, limit);
    }

    @Override
    public Instant now() {
      return sound.now();
    }

    @Override
    public void save(Collection<JournalRow> rows) {
      sound.save(rows);
    }

    @Override
    public List<OutboxRow> append(List<OutboxEvent> events) {
      return sound.append(events);
    }

    @Override
    public void forget(Collection<OutboxId> published) {
      sound.forget(published);
    }

    @Override
    public void advance(Collection<Position> positions) {
      sound.advance(positions);
    }

    @Override
    public StepContext context(
        String sagaId, int attempt, Instant deadline, Collection<SpecificRecord> predecessors) {
      return sound.context(sagaId, attempt, deadline, predecessors);
    }

    @Override
    public void attempt(Attempt attempt) throws HandlerFailure {
      sound.attempt(attempt);
    }

    @Override
    public void commit() {
      sound.commit();
    }

    @Override
    public void abort() {
      sound.abort();
    }

    @Override
    public void close() {
      sound.close();
    }
  }
}
