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
import dev.choreography.engine.SetBackException;
import dev.choreography.engine.TooSwiftException;
import dev.choreography.engine.Trouble;
import dev.choreography.protocol.Signal;
import dev.choreography.protocol.State;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * A journal for one transaction after another, so that locks are trivially held. What a transaction
 * writes is seen when it has committed.
 */
final class MemoryJournal implements Journal {

  private static final Duration UNPUBLISHED = Duration.ofSeconds(5);

  private final String participant;
  private final VirtualClock clock;
  private final Map<RowKey, JournalRow> rows = new HashMap<>();
  private final Map<RowKey, JournalRow> setAside = new HashMap<>();
  private final Map<RowKey, JournalRow> undecided = new HashMap<>();
  private final Map<OutboxId, Stored> outbox = new LinkedHashMap<>();
  private final Map<TopicPartition, Position> positions = new LinkedHashMap<>();
  private Instant earliest = Instant.MAX;
  private long table;
  private long sequence;

  private record TopicPartition(String topic, int partition) {}

  private static TopicPartition place(Position position) {
    return new TopicPartition(position.topic(), position.partition());
  }

  private record Stored(OutboxRow row, Instant at) {
    /** The same row, after the table has become another one. */
    Stored in(long table) {
      return new Stored(new OutboxRow(new OutboxId(table, row.id().number()), row.event()), at);
    }
  }

  MemoryJournal(String participant, VirtualClock clock) {
    this.participant = participant;
    this.clock = clock;
  }

  /** A copy of it all. */
  record Copy(
      Map<RowKey, JournalRow> rows,
      Map<RowKey, JournalRow> setAside,
      Map<RowKey, JournalRow> undecided,
      Map<OutboxId, Stored> outbox,
      Map<TopicPartition, Position> positions,
      Instant earliest,
      long sequence) {}

  Copy copy() {
    return new Copy(
        new LinkedHashMap<>(rows),
        new LinkedHashMap<>(setAside),
        new LinkedHashMap<>(undecided),
        new LinkedHashMap<>(outbox),
        new LinkedHashMap<>(positions),
        earliest,
        sequence);
  }

  /** Has what a copy of it has: numbers are given anew from there, in what is another table. */
  void restore(Copy copy) {
    restore(rows, copy.rows);
    restore(setAside, copy.setAside);
    restore(undecided, copy.undecided);
    restore(positions, copy.positions);
    earliest = copy.earliest;
    sequence = copy.sequence;
    table++;
    outbox.clear();
    copy.outbox.values().forEach(stored -> put(stored.in(table)));
  }

  private void put(Stored stored) {
    outbox.put(stored.row.id(), stored);
  }

  /** Returns the ids of all rows in the outbox. */
  Set<OutboxId> ids() {
    return outbox.keySet();
  }

  private OutboxId nextId() {
    return new OutboxId(table, ++sequence);
  }

  private static <K, V> void restore(Map<K, V> now, Map<K, V> before) {
    now.clear();
    now.putAll(before);
  }

  @Override
  public Transaction begin(Scope scope) {
    return new Change(scope == Scope.SWIFT);
  }

  /**
   * Begins a transaction of an application's, which stays open beside those of the framework.
   *
   * @param event added to the outbox
   */
  Call call(OutboxEvent event) {
    return new Call(new Stored(new OutboxRow(nextId(), event), clock.instant()));
  }

  /** A transaction of an application's, which is rolled back unless it commits. */
  final class Call {
    private final Stored stored;

    private Call(Stored stored) {
      this.stored = stored;
    }

    OutboxRow row() {
      return stored.row;
    }

    /** Commits; the row is as old as its id, and new to whoever looks. */
    void commit() {
      put(stored);
    }
  }

  @Override
  public Swept sweep(Relay relay, Published published, long after, int limit) {
    List<OutboxRow> left = unpublished(after, limit);
    if (left.isEmpty()) {
      return Swept.nothing(after, Duration.ZERO);
    }
    Published.Receipts receipts = published.receipts();
    relay.publish(left, receipts::add);
    relay.flush();
    List<OutboxId> acknowledged = receipts.end();
    forget(acknowledged);
    return new Swept(
        left.size(),
        acknowledged.size(),
        left.get(left.size() - 1).id().number(),
        left.size() == limit,
        Duration.ZERO);
  }

  /** Returns rows that a sweep finds, by their ids: they committed in another order. */
  private List<OutboxRow> unpublished(long after, int limit) {
    Instant before = clock.instant().minus(UNPUBLISHED);
    List<OutboxRow> found = new ArrayList<>();
    for (Stored stored : outbox.values()) {
      if (stored.row.id().number() > after && stored.at.isBefore(before)) {
        found.add(stored.row);
      }
    }
    found.sort(Comparator.comparing(OutboxRow::id));
    return found.size() <= limit ? found : found.subList(0, limit);
  }

  @Override
  public int purge(Instant horizon, int limit) {
    if (!earliest.isBefore(horizon)) {
      return 0;
    }
    List<RowKey> left =
        rows.values().stream()
            .filter(row -> row.deadline().isBefore(horizon) && mayLeave(row.state()))
            .map(JournalRow::key)
            .limit(limit)
            .toList();
    left.forEach(rows::remove);
    return left.size();
  }

  @Override
  public List<Position> positions(Collection<String> topics) {
    return positions.values().stream()
        .filter(position -> topics.contains(position.topic()))
        .map(Position::asStored)
        .toList();
  }

  @Override
  public void forgetPositions(Collection<Position> forgotten) {
    forgotten.forEach(position -> positions.remove(place(position)));
  }

  @Override
  public void forget(Collection<OutboxId> published) {
    published.forEach(outbox::remove);
  }

  private final class Change implements Transaction {
    private final boolean swift;
    private final Set<RowKey> presumedNew = new HashSet<>();
    private final List<JournalRow> written = new ArrayList<>();
    private final List<OutboxRow> appended = new ArrayList<>();
    private final List<OutboxId> forgotten = new ArrayList<>();
    private final List<Position> advanced = new ArrayList<>();

    Change(boolean swift) {
      this.swift = swift;
    }

    @Override
    public SortedMap<RowKey, JournalRow> lock(
        SortedMap<RowKey, JournalRow> wanted, Set<RowKey> likelyNew) {
      SortedMap<RowKey, JournalRow> locked = new TreeMap<>(wanted);
      for (Map.Entry<RowKey, JournalRow> entry : locked.entrySet()) {
        if (swift && likelyNew.contains(entry.getKey())) {
          presumedNew.add(entry.getKey());
          continue;
        }
        JournalRow known = rows.get(entry.getKey());
        if (known != null) {
          entry.setValue(known);
        }
      }
      return locked;
    }

    @Override
    public SortedMap<RowKey, JournalRow> lockDue(Collection<StepVersion> steps, int limit) {
      Instant now = now();
      return firstOf(
          setAside.values(),
          row -> {
            Instant due = row.due();
            return due != null && !due.isAfter(now) && isOneOf(steps, row);
          },
          Comparator.comparing(MemoryJournal::due),
          limit);
    }

    @Override
    public SortedMap<RowKey, JournalRow> lockLate(
        Collection<StepVersion> steps, Instant after, Instant upTo, int limit) {
      return firstOf(
          undecided.values(),
          row ->
              row.deadline().isAfter(after) && !row.deadline().isAfter(upTo) && isOneOf(steps, row),
          Comparator.comparing(JournalRow::deadline),
          limit);
    }

    private SortedMap<RowKey, JournalRow> firstOf(
        Collection<JournalRow> of,
        Predicate<JournalRow> wanted,
        Comparator<JournalRow> order,
        int limit) {
      SortedMap<RowKey, JournalRow> locked = new TreeMap<>();
      of.stream()
          .filter(wanted)
          .sorted(order.thenComparing(JournalRow::key))
          .limit(limit)
          .forEach(row -> locked.put(row.key(), row));
      return locked;
    }

    @Override
    public Window window(Instant after, int limit) {
      return new Window(undecided.size(), now(), now());
    }

    @Override
    public Instant now() {
      return clock.instant();
    }

    @Override
    public void save(Collection<JournalRow> changed) {
      for (JournalRow row : changed) {
        if (presumedNew.contains(row.key()) && rows.containsKey(row.key())) {
          throw new TooSwiftException("a row is there that was taken for new");
        }
      }
      written.addAll(changed);
    }

    @Override
    public List<OutboxRow> append(List<OutboxEvent> events) {
      List<OutboxRow> added = new ArrayList<>(events.size());
      for (OutboxEvent event : events) {
        added.add(new OutboxRow(nextId(), event));
      }
      appended.addAll(added);
      return added;
    }

    @Override
    public void forget(Collection<OutboxId> published) {
      forgotten.addAll(published);
    }

    @Override
    public void advance(Collection<Position> positions) {
      for (Position position : positions) {
        Position stored = MemoryJournal.this.positions.get(place(position));
        if (position.isLostIn(stored)) {
          throw new SetBackException(position, stored);
        }
      }
      advanced.addAll(positions);
    }

    @Override
    public StepContext context(
        String sagaId, int attempt, Instant deadline, Collection<SpecificRecord> predecessors) {
      return new Context(participant, sagaId, attempt, deadline, predecessors);
    }

    @Override
    public void attempt(Attempt attempt) throws HandlerFailure {
      try {
        // What a fake writes is undone by whoever hands out the tables.
        if (!attempt.run() && swift) {
          throw new TooSwiftException("what a handler wrote is to be undone");
        }
      } catch (Trouble | TooSwiftException | VirtualMachineError e) {
        throw e;
      } catch (Exception | Error e) {
        if (swift) {
          throw new TooSwiftException("what a handler wrote is to be undone: " + e);
        }
        throw new HandlerFailure(e);
      }
    }

    @Override
    public void commit() {
      for (JournalRow row : written) {
        earliest = row.deadline().isBefore(earliest) ? row.deadline() : earliest;
        putIf(row.state() != State.NONE, row, rows);
        putIf(row.due() != null, row, setAside);
        putIf(isUndecided(row), row, undecided);
      }
      Instant now = now();
      for (OutboxRow row : appended) {
        outbox.put(row.id(), new Stored(row, now));
      }
      MemoryJournal.this.forget(forgotten);
      for (Position position : advanced) {
        positions.merge(
            place(position),
            position,
            (stored, given) -> stored.next() > given.next() ? stored : given);
      }
    }

    @Override
    public void abort() {
      throw new IllegalStateException("nothing is locked, and nobody waits");
    }

    @Override
    public void close() {
      // What did not commit was written nowhere.
    }
  }

  private static void putIf(boolean belongs, JournalRow row, Map<RowKey, JournalRow> where) {
    if (belongs) {
      where.put(row.key(), row);
    } else if (!where.isEmpty()) {
      where.remove(row.key());
    }
  }

  /** Executed, and neither told to confirm or undo, nor of a cancel or the deadline. */
  static boolean isUndecided(JournalRow row) {
    return row.state() == State.COMPLETED
        && !row.heard().has(Signal.CANCELLED)
        && !row.heard().has(Signal.DEADLINE_PASSED);
  }

  /** It has ended, or waits. */
  private static boolean mayLeave(State state) {
    return switch (state) {
      case WAITING, CONFIRMED, FAILED, COMPENSATED, SKIPPED -> true;
      default -> false;
    };
  }

  private static Instant due(JournalRow row) {
    Instant due = row.due();
    return due == null ? Instant.MAX : due;
  }

  private static boolean isOneOf(Collection<Journal.StepVersion> steps, JournalRow row) {
    return steps.contains(
        new Journal.StepVersion(row.key().choreography(), row.version(), row.key().step()));
  }

  private record Context(
      String participant,
      String sagaId,
      int attempt,
      Instant deadline,
      Collection<SpecificRecord> predecessors)
      implements StepContext {

    @Override
    public Connection connection() {
      throw new IllegalStateException(
          "%s has no database in this simulation: give it one with world.database(\"%s\", dataSource), or keep the state of a fake in world.table()"
              .formatted(participant, participant));
    }

    @Override
    public <E extends SpecificRecord> E event(Class<E> type) {
      for (SpecificRecord event : predecessors) {
        if (type.isInstance(event)) {
          return type.cast(event);
        }
      }
      throw new IllegalArgumentException("the step follows no %s".formatted(type.getSimpleName()));
    }

    @Override
    public @Nullable String toString() {
      return sagaId;
    }
  }
}
