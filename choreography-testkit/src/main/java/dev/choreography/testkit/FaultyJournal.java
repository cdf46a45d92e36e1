// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.StepContext;
import dev.choreography.engine.HandlerFailure;
import dev.choreography.engine.Journal;
import dev.choreography.engine.JournalRow;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Relay;
import dev.choreography.engine.RowKey;
import dev.choreography.engine.Trouble;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.testkit.Happening.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.LongConsumer;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * A participant's journal whose transactions end as chance has it, which undoes the tables of fakes
 * with them, and which tells the sagas what came of them.
 */
final class FaultyJournal implements Journal {

  private final Journal sound;
  private final Group group;
  private final int instance;
  private final Round round;
  private final Lot lot;
  private final Pending pending;
  private Ending ending = Ending.WELL;
  private double share;
  private @Nullable Change current;
  private @Nullable Runnable meanwhile;

  /** The journal as this instance of a participant has it, from 1. */
  FaultyJournal(Journal sound, Group group, int instance, Round round, Lot lot) {
    this.sound = sound;
    this.group = group;
    this.instance = instance;
    this.round = round;
    this.lot = lot;
    this.pending = group.pending();
  }

  int instance() {
    return instance;
  }

  /**
   * Something is to happen in the middle of the next transaction, if that holds no locks then.
   * Where it did not happen it no longer will: null.
   */
  void meanwhile(@Nullable Runnable others) {
    meanwhile = others;
  }

  /** A handler is about to be called in the current transaction, for this saga alone. */
  void calls(Saga saga, Kind kind, String step, int attempt) {
    if (current != null) {
      current.called.add(new Call(saga, kind, step, attempt));
    }
  }

  /** A handler was called for this saga and others, and this came of it. */
  void called(Saga saga, Kind kind, String step, int attempt) {
    if (current != null) {
      current.calledTogether.add(new Call(saga, kind, step, attempt));
    }
  }

  private record Call(Saga saga, Kind kind, String step, int attempt) {}

  /** Whether the last transaction that committed is to end so, which is told once. */
  boolean takes(Ending asked) {
    if (ending != asked) {
      return false;
    }
    ending = Ending.WELL;
    return true;
  }

  /** How much of what there was to do was done before the end, from 0 to 1. */
  double share() {
    return share;
  }

  @Override
  public Transaction begin(Scope scope) {
    Transaction begun = sound.begin(scope);
    round.undo().begin();
    Change change = new Change(begun, scope);
    current = change;
    ending = Ending.WELL;
    return change;
  }

  @Override
  public Swept sweep(Relay relay, long after, int limit) {
    List<Long> swept = new ArrayList<>();
    Swept found =
        sound.sweep(
            new Relay() {
              @Override
              public void publish(List<OutboxRow> rows, LongConsumer acknowledged) {
                relay.publish(
                    rows,
                    id -> {
                      swept.add(id);
                      acknowledged.accept(id);
                    });
              }

              @Override
              public void flush() {
                relay.flush();
                if (lot.strike(round.faults().crashes()) >= 0) {
                  throw new Crash();
                }
              }

              @Override
              public Set<String> unreachable() {
                return relay.unreachable();
              }
            },
            after,
            limit);
    pending.forgotten(swept);
    return found;
  }

  @Override
  public int purge(Instant horizon, int limit) {
    return sound.purge(horizon, limit);
  }

  @Override
  public void forget(Collection<Long> published) {
    sound.forget(published);
    pending.forgotten(published);
  }

  private final class Change implements Transaction {
    private final Transaction sound;
    private final Scope scope;
    private final Instant at = round.clock().instant();
    private final List<Saga> sagas = new ArrayList<>();
    private final List<Saga> whose = new ArrayList<>();
    private final List<Happening> happened = new ArrayList<>();
    private final List<Long> forgotten = new ArrayList<>();
    private Collection<JournalRow> saved = List.of();
    private List<OutboxRow> appended = List.of();
    private Ending fate = Ending.WELL;
    private double which;
    private boolean committed;
    private boolean kept;
    private final List<Call> called = new ArrayList<>();
    private final List<Call> calledTogether = new ArrayList<>();

    Change(Transaction sound, Scope scope) {
      this.sound = sound;
      this.scope = scope;
    }

    @Override
    public SortedMap<RowKey, JournalRow> lock(
        SortedMap<RowKey, JournalRow> wanted, Set<RowKey> likelyNew) {
      SortedMap<RowKey, JournalRow> locked = sound.lock(wanted, likelyNew);
      Runnable others = meanwhile;
      if (others != null
          && scope == Scope.SWIFT
          && FaultyJournal.this.sound instanceof MemoryJournal
          && likelyNew.containsAll(wanted.keySet())) {
        meanwhile = null;
        round.undo().meanwhile(others);
      }
      return struck(locked);
    }

    @Override
    public SortedMap<RowKey, JournalRow> lockDue(Collection<StepVersion> steps, int limit) {
      return struck(sound.lockDue(steps, limit));
    }

    @Override
    public SortedMap<RowKey, JournalRow> lockLate(
        Collection<StepVersion> steps, Instant after, Instant upTo, int limit) {
      return struck(sound.lockLate(steps, after, upTo, limit));
    }

    private SortedMap<RowKey, JournalRow> struck(SortedMap<RowKey, JournalRow> rows) {
      for (RowKey key : rows.keySet()) {
        Saga saga = round.saga(key.sagaId());
        sagas.add(saga);
        double crash = saga.lot().strike(round.faults().crashes());
        double trouble = saga.lot().strike(round.faults().troubles());
        if (crash >= 0) {
          fate = Ending.ofCrash(crash);
          which = crash * 3 % 1;
        } else if (trouble >= 0) {
          fate = Ending.ofTrouble(trouble);
        }
      }
      return rows;
    }

    @Override
    public Instant now() {
      return sound.now();
    }

    @Override
    public void save(Collection<JournalRow> rows) {
      sound.save(rows);
      saved = rows;
    }

    @Override
    public List<OutboxRow> append(List<OutboxEvent> events) {
      appended = sound.append(events);
      for (OutboxEvent event : events) {
        String type = event.headers().get(EventHeaders.TYPE);
        tells(
            round.saga(event.sagaId()),
            Kind.EMITTED,
            type == null ? event.topic() : type,
            event.headers().get(EventHeaders.OUTCOME),
            0);
      }
      return appended;
    }

    @Override
    public void forget(Collection<Long> published) {
      sound.forget(published);
      forgotten.addAll(published);
    }

    @Override
    public StepContext context(
        String sagaId, int number, Instant deadline, Collection<SpecificRecord> predecessors) {
      return sound.context(sagaId, number, deadline, predecessors);
    }

    @Override
    public void attempt(Attempt handler) throws HandlerFailure {
      int mark = round.undo().mark();
      called.clear();
      calledTogether.clear();
      kept = false;
      try {
        sound.attempt(
            () -> {
              if (fate == Ending.DEADLOCK) {
                throw deadlock();
              }
              kept = handler.run();
              return kept;
            });
      } catch (HandlerFailure e) {
        round.undo().to(mark);
        for (Call call : called) {
          tells(call.saga, Kind.FAILED, call.step, e.getMessage(), call.attempt);
        }
        throw e;
      }
      if (!kept) {
        round.undo().to(mark);
      }
      for (Call call : called) {
        tells(call.saga, kept ? call.kind : Kind.REJECTED, call.step, null, call.attempt);
      }
      for (Call call : calledTogether) {
        tells(call.saga, call.kind, call.step, null, call.attempt);
      }
    }

    /** The transaction is over with it, if whoever hears of it does what is right. */
    private Trouble deadlock() {
      tellsOfFault();
      fate = Ending.WELL;
      return new Trouble(
          "a deadlock, as the simulation has it",
          new IllegalStateException(),
          Trouble.Kind.CONTENTION);
    }

    private void tells(Saga saga, Kind what, String subject, @Nullable String detail, int number) {
      whose.add(saga);
      happened.add(new Happening(at, group.name(), what, subject, detail, number, instance));
    }

    @Override
    public void commit() {
      switch (fate) {
        case CRASH_BEFORE_COMMIT -> {
          tellsOfFault();
          throw new Crash();
        }
        case DEADLOCK -> throw deadlock();
        default -> sound.commit();
      }
      committed = true;
      current = null;
      round.undo().commit();
      for (int i = 0; i < whose.size(); i++) {
        whose.get(i).happened(happened.get(i));
      }
      pending.saved(saved);
      pending.appended(appended);
      pending.forgotten(forgotten);
      tellsOfFault();
      if (fate == Ending.LOST_REPLY) {
        throw new Trouble("the reply to commit is lost", new IllegalStateException());
      }
      ending = fate;
      share = which;
    }

    private void tellsOfFault() {
      if (fate != Ending.WELL) {
        for (Saga saga : sagas) {
          saga.happened(
              new Happening(at, group.name(), Kind.FAULT, fate.text(), null, 0, instance));
        }
      }
    }

    @Override
    public void abort() {
      sound.abort();
    }

    @Override
    public void close() {
      sound.close();
      if (!committed) {
        current = null;
        round.undo().rollback();
        committed = true;
      }
    }
  }
}
