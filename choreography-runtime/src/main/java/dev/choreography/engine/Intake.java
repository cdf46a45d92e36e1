// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.engine.Hands.OverdueException;
import dev.choreography.engine.Journal.Scope;
import dev.choreography.protocol.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles what one poll brought, or what is due: one transaction, rows locked first, events
 * published after the commit. Used by one thread for each worker, and one for the timers.
 *
 * <p>A batch that met a deadlock is done again as a whole and alone, so that two batches which
 * contend for hot rows do not meet twice; then saga by saga, as is one that met other trouble, or
 * in which a handler overstayed its time, so that what the others did is not undone with every such
 * handler. Saga by saga nothing is waited for that other batches hold as a whole. What still fails
 * is told to the caller, who reads the records again; so is at once that no transaction can be
 * begun.
 */
public final class Intake implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

  /** How many batches run alone after one met trouble: a deadlock costs PostgreSQL a second. */
  private static final int BATCHES_ALONE = 100;

  /** How many presume nothing after one that did had to be done again. */
  private static final int BATCHES_WITH_CARE = 100;

  /** By default a batch gives back the sagas that it has not begun after so long. */
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** The pause of a row that met trouble. */
  private static final Duration POSTPONED = Duration.ofSeconds(10);

  private final Inbox inbox;
  private final Journal journal;
  private final Relay relay;
  private final Published published;
  private final Emitter emitter;
  private final DueTimes dueTimes;
  private final Hands hands;
  private final LongAdder batches = new LongAdder();
  private final LongAdder steps = new LongAdder();
  private Observer observer = Observer.NOBODY;
  private Duration limit = LIMIT;
  private Batch batch = new Batch(Progress.NONE, LIMIT);
  private int alone;
  private int withCare;

  /**
   * An intake.
   *
   * @param name of the thread that handlers are called on
   * @param dueTimes told when what is set aside is due
   */
  public Intake(
      String name,
      Inbox inbox,
      Journal journal,
      Relay relay,
      Published published,
      Emitter emitter,
      DueTimes dueTimes) {
    this(new Hands(name), inbox, journal, relay, published, emitter, dueTimes);
  }

  /**
   * An intake that calls handlers on its caller's own thread, and waits for them however long they
   * take: for simulations, in which no time passes.
   */
  public Intake(
      Inbox inbox,
      Journal journal,
      Relay relay,
      Published published,
      Emitter emitter,
      DueTimes dueTimes) {
    this(Hands.ofCaller(), inbox, journal, relay, published, emitter, dueTimes);
  }

  Intake(
      Hands hands,
      Inbox inbox,
      Journal journal,
      Relay relay,
      Published published,
      Emitter emitter,
      DueTimes dueTimes) {
    this.inbox = inbox;
    this.journal = journal;
    this.relay = relay;
    this.published = published;
    this.emitter = emitter;
    this.dueTimes = dueTimes;
    this.hands = hands;
  }

  /** Tells what happens from now on; to be called before the intake is used. */
  public void observedBy(Observer told) {
    observer = told;
  }

  /**
   * Limits the time in which a batch begins to handle sagas: the sagas that it has handled by then
   * are committed, and the others given back. To be called before the intake is used; one minute by
   * default.
   *
   * @param time less than a consumer may take from one poll to the next, with room for the longest
   *     calls of handlers
   */
  public void limitedTo(Duration time) {
    limit = time;
  }

  /**
   * Handles records whose positions nobody keeps.
   *
   * @return the dead letters among them, to be put aside before the records count as read
   * @throws Trouble if some or all of it could not be done; handling all of it again is safe
   */
  public List<DeadLetter> handle(Collection<Incoming> records) {
    return handle(records, Progress.NONE).deadLetters();
  }

  /**
   * Handles records. Where all are handled in one transaction, the positions that they lead to are
   * written with it; the caller writes the others with {@link #advance}.
   *
   * @throws Trouble if some or all of it could not be done; handling all of it again is safe
   * @throws SetBackException if the database was set back; the records are to be read again from
   *     where it says
   */
  public Handled handle(Collection<Incoming> records, Progress progress) {
    batch = new Batch(progress, limit);
    List<DeadLetter> deadLetters = new ArrayList<>();
    List<Delivery> deliveries = new ArrayList<>();
    for (Incoming record : records) {
      String reason = inbox.read(record, deliveries);
      if (reason != null) {
        deadLetters.add(new DeadLetter(record, reason));
        batch.cannotRead(record);
      }
    }
    if (!deliveries.isEmpty()) {
      deadLetters.addAll(handleBatch(deliveries));
    }
    Handled handled = batch.result(deadLetters);
    if (!handled.deadLetters().isEmpty()) {
      observer.putAside(handled.deadLetters().size());
    }
    return handled;
  }

  /**
   * Writes positions in a transaction of their own.
   *
   * @throws Trouble if the database is away
   * @throws SetBackException if the database was set back
   */
  public void advance(Collection<Position> positions) {
    Collection<Position> written =
        untilInTime(
            () ->
                hands.run(
                    shift -> {
                      try (Journal.Transaction transaction = journal.begin(Scope.SAGA)) {
                        shift.in(transaction);
                        transaction.advance(positions);
                        transaction.commit();
                        return positions;
                      }
                    }));
    LOG.trace("{} positions are written alone", written.size());
  }

  /**
   * Takes up rows that are due, up to {@code limit}.
   *
   * @return how many there were
   * @throws Trouble if some or all of it could not be done; it is still due
   */
  int wakeDue(int limit) {
    return wake(transaction -> transaction.lockDue(inbox.versions(), limit));
  }

  /**
   * Takes up executed rows whose deadline lies between two times, up to {@code limit}.
   *
   * @return how many there were
   * @throws Trouble if some or all of it could not be done
   */
  int wakeLate(Instant after, Instant upTo, int limit) {
    return wake(transaction -> transaction.lockLate(inbox.versions(), after, upTo, limit));
  }

  /**
   * Finds out how far a look at deadlines goes.
   *
   * @throws Trouble if the database is away
   */
  Journal.Window window(Instant after, int limit) {
    return untilInTime(() -> look(transaction -> transaction.window(after, limit)));
  }

  /** Batches committed so far. */
  public long batches() {
    return batches.sum();
  }

  /** Journal rows that had their turn in them. */
  public long steps() {
    return steps.sum();
  }

  private List<DeadLetter> handleBatch(List<Delivery> deliveries) {
    int size = deliveries.size();
    try {
      return firstTry(deliveries);
    } catch (OverdueException overdue) {
      LOG.info("{} deliveries are done again, one by one: {}", size, overdue.getMessage());
      return oneByOne(deliveries);
    } catch (Trouble trouble) {
      if (trouble.kind() != Trouble.Kind.CONTENTION) {
        return oneByOneAfter(trouble, deliveries);
      }
      LOG.info("{} deliveries are done again, alone: {}", size, trouble.getMessage());
    }
    try {
      alone = BATCHES_ALONE;
      return commit(afresh(deliveries), Scope.BATCH_ALONE);
    } catch (OverdueException overdue) {
      LOG.info("{} deliveries are done again, one by one: {}", size, overdue.getMessage());
      return oneByOne(deliveries);
    } catch (Trouble trouble) {
      return oneByOneAfter(trouble, deliveries);
    }
  }

  private List<DeadLetter> oneByOneAfter(Trouble trouble, List<Delivery> deliveries) {
    if (trouble.kind() == Trouble.Kind.AWAY) {
      throw trouble;
    }
    if (trouble.kind() == Trouble.Kind.LOCKED) {
      // Whoever asks for it again has all others wait again.
      alone = 0;
    }
    LOG.info(
        "{} deliveries are done again, one by one: {}", deliveries.size(), trouble.getMessage());
    return oneByOne(deliveries);
  }

  private List<DeadLetter> firstTry(List<Delivery> deliveries) throws OverdueException {
    if (alone > 0) {
      alone--;
      return commit(deliveries, Scope.BATCH_ALONE);
    }
    if (withCare > 0) {
      withCare--;
      return commit(deliveries, Scope.BATCH);
    }
    try {
      return commit(deliveries, Scope.SWIFT);
    } catch (TooSwiftException e) {
      LOG.debug("{} deliveries are done again, with care: {}", deliveries.size(), e.getMessage());
      withCare = BATCHES_WITH_CARE;
      return commit(afresh(deliveries), Scope.BATCH);
    }
  }

  private List<DeadLetter> oneByOne(List<Delivery> deliveries) {
    Map<String, List<Delivery>> bySaga = new LinkedHashMap<>();
    for (Delivery delivery : deliveries) {
      bySaga.computeIfAbsent(delivery.sagaId(), id -> new ArrayList<>()).add(delivery);
    }
    List<DeadLetter> deadLetters = new ArrayList<>();
    Trouble left = null;
    for (List<Delivery> saga : bySaga.values()) {
      if (batch.isOver()) {
        batch.giveBack(saga);
        continue;
      }
      try {
        deadLetters.addAll(untilInTime(() -> commit(afresh(saga), Scope.SAGA)));
      } catch (Trouble trouble) {
        batch.worked();
        if (trouble.kind() == Trouble.Kind.AWAY) {
          throw trouble;
        }
        if (trouble.kind() == Trouble.Kind.DATA) {
          saga.forEach(
              delivery ->
                  deadLetters.add(
                      new DeadLetter(delivery.record(), String.valueOf(trouble.getMessage()))));
        } else {
          left = trouble;
        }
      }
    }
    if (left != null) {
      throw left;
    }
    return deadLetters;
  }

  /** For work that is done again: handlers may have changed the events that they were given. */
  private List<Delivery> afresh(List<Delivery> deliveries) {
    return deliveries.stream().map(delivery -> delivery.readAgain(emitter.codec())).toList();
  }

  /** Does work again as long as a call within it overstays its time: each does so only once. */
  private static <T> T untilInTime(Timed<T> work) {
    while (true) {
      try {
        return work.run();
      } catch (OverdueException overdue) {
        LOG.debug("done again: {}", overdue.getMessage());
      }
    }
  }

  private List<DeadLetter> commit(List<Delivery> deliveries, Scope scope) throws OverdueException {
    Map<RowKey, List<Delivery>> byRow = new HashMap<>();
    SortedMap<RowKey, JournalRow> wanted = new TreeMap<>();
    Set<RowKey> likelyNew = new HashSet<>();
    for (Delivery delivery : deliveries) {
      RowKey key = delivery.key();
      List<Delivery> arrived = byRow.get(key);
      if (arrived == null) {
        arrived = new ArrayList<>();
        byRow.put(key, arrived);
      }
      wanted.merge(
          key,
          JournalRow.fresh(key, delivery.to().choreography().version(), delivery.deadline()),
          JournalRow::withLaterDeadline);
      arrived.add(delivery);
      if (delivery.isLikelyFirst(emitter.participant())) {
        likelyNew.add(key);
      }
    }
    Turns done =
        inTransaction(
            scope,
            (transaction, shift) -> {
              Turns turns = new Turns(batch);
              Calls calls = new Calls(transaction, hands, shift, observer);
              SortedMap<RowKey, JournalRow> rows = transaction.lock(wanted, likelyNew);
              rows.forEach(
                  (key, row) -> {
                    List<Delivery> arrived =
                        turns.withoutForgotten(Objects.requireNonNull(byRow.get(key)), row, inbox);
                    if (arrived.isEmpty()) {
                      return;
                    }
                    HostedStep hosted = inbox.hosted(row);
                    if (hosted == null) {
                      arrived.forEach(delivery -> turns.refuse(delivery, row));
                      return;
                    }
                    StepTurn turn = new StepTurn(hosted, row, calls, emitter);
                    turn.hear(arrived);
                    turns.add(turn);
                  });
              turns.move(calls, scope != Scope.SAGA);
              turns.left.forEach(key -> turns.givenBack.addAll(byRow.getOrDefault(key, List.of())));
              return turns;
            });
    batch.giveBack(done.givenBack);
    return done.deadLetters;
  }

  private int wake(Function<Journal.Transaction, SortedMap<RowKey, JournalRow>> lock) {
    batch = new Batch(Progress.NONE, limit);
    try {
      return inTransaction(
              Scope.BATCH,
              (transaction, shift) -> wake(lock.apply(transaction), transaction, shift, true))
          .count;
    } catch (OverdueException overdue) {
      LOG.info("what is due is done again, one by one: {}", overdue.getMessage());
    } catch (Trouble trouble) {
      if (trouble.kind() == Trouble.Kind.AWAY) {
        throw trouble;
      }
      LOG.info("what is due is done again, one by one: {}", trouble.getMessage());
    }
    SortedMap<RowKey, JournalRow> found = untilInTime(() -> look(lock));
    Trouble left = null;
    int done = 0;
    for (RowKey key : found.keySet()) {
      if (batch.isOver()) {
        break;
      }
      done++;
      SortedMap<RowKey, JournalRow> one = new TreeMap<>();
      one.put(key, Objects.requireNonNull(found.get(key)));
      try {
        untilInTime(
            () ->
                inTransaction(
                    Scope.SAGA,
                    (transaction, shift) ->
                        wake(transaction.lock(one, Set.of()), transaction, shift, false)));
      } catch (Trouble trouble) {
        batch.worked();
        if (trouble.kind() == Trouble.Kind.AWAY) {
          throw trouble;
        }
        left = trouble;
        postpone(Objects.requireNonNull(found.get(key)));
      }
    }
    if (left != null) {
      throw left;
    }
    return done;
  }

  /**
   * Moves a row whose turn met trouble behind those that are due, so that many such rows do not
   * keep the others from their turn. It counts as no attempt.
   *
   * @throws Trouble if no transaction can be begun
   */
  private void postpone(JournalRow met) {
    SortedMap<RowKey, JournalRow> one = new TreeMap<>(Map.of(met.key(), met));
    try {
      JournalRow postponed =
          hands.run(
              shift -> {
                try (Journal.Transaction transaction = journal.begin(Scope.SAGA)) {
                  shift.in(transaction);
                  JournalRow row = transaction.lock(one, Set.of()).get(met.key());
                  JournalRow later =
                      Objects.requireNonNull(row).dueAt(transaction.now().plus(POSTPONED));
                  if (row.state() == met.state() && Objects.equals(row.due(), met.due())) {
                    transaction.save(List.of(later));
                    transaction.commit();
                  }
                  return later;
                }
              });
      LOG.debug("{} is due again at {}", postponed.key(), postponed.due());
    } catch (OverdueException overdue) {
      LOG.debug("{} stays due: {}", met.key(), overdue.getMessage());
    } catch (Trouble trouble) {
      if (trouble.kind() == Trouble.Kind.AWAY) {
        throw trouble;
      }
      LOG.debug("{} stays due: {}", met.key(), trouble.getMessage());
    }
  }

  /** Reads in a transaction that calls no handler, so it needs no lock that others may hold. */
  private <T> T look(Function<Journal.Transaction, T> query) throws OverdueException {
    return hands.run(
        shift -> {
          try (Journal.Transaction look = journal.begin(Scope.SAGA)) {
            shift.in(look);
            return query.apply(look);
          }
        });
  }

  private Turns wake(
      SortedMap<RowKey, JournalRow> rows,
      Journal.Transaction transaction,
      Hands.Shift shift,
      boolean together) {
    Turns turns = new Turns(batch);
    Calls calls = new Calls(transaction, hands, shift, observer);
    for (JournalRow row : rows.values()) {
      StepTurn turn = new StepTurn(Objects.requireNonNull(inbox.hosted(row)), row, calls, emitter);
      turn.wake();
      turns.add(turn);
    }
    turns.move(calls, together);
    return turns;
  }

  private Turns inTransaction(Scope scope, BiFunction<Journal.Transaction, Hands.Shift, Turns> work)
      throws OverdueException {
    List<OutboxId> forgotten = published.take();
    Batch current = batch;
    Turns turns;
    try {
      turns =
          hands.run(
              shift -> {
                Turns made;
                List<OutboxRow> committed;
                try (Journal.Transaction transaction = journal.begin(scope)) {
                  shift.in(transaction);
                  made = work.apply(transaction, shift);
                  transaction.save(made.changed);
                  transaction.forget(forgotten);
                  committed = transaction.append(made.emitted);
                  if (scope != Scope.SAGA) {
                    made.advanced = current.positions(made.deadLetters, made.givenBack);
                    transaction.advance(made.advanced);
                  }
                  transaction.commit();
                  made.ended = transaction.now();
                }
                // Here, since whoever hears of it would otherwise wait for our caller to wake up.
                relay.publish(committed, published::add);
                return made;
              });
    } catch (OverdueException | Trouble | TooSwiftException | SetBackException undone) {
      published.putBack(forgotten);
      throw undone;
    }
    current.advancedTo(turns.advanced);
    if (turns.worked) {
      current.worked();
    }
    if (turns.count > 0) {
      batches.increment();
      steps.add(turns.count);
      observer.committed(turns.count);
      turns.taken.forEach(turn -> turn.tell(observer));
    }
    inbox.counts().ignored(Ignored.FORGOTTEN, turns.forgotten);
    inbox.counts().ignored(Ignored.NOT_PARKED, turns.notParked);
    turns.pauses.forEach(dueTimes::add);
    if (turns.earliest.isBefore(turns.ended)) {
      dueTimes.addLate(turns.earliest);
    }
    turns.keys.forEach(hands::settled);
    return turns;
  }

  @Override
  public void close() {
    hands.close();
  }

  /** Work in which a call may overstay its time. */
  @FunctionalInterface
  private interface Timed<T> {
    T run() throws OverdueException;
  }

  /** What came of the turns of one transaction. */
  private static final class Turns {
    private final Batch batch;
    private final List<StepTurn> taken = new ArrayList<>();
    private final Set<RowKey> left = new HashSet<>();
    private final List<Delivery> givenBack = new ArrayList<>();
    private Collection<Position> advanced = List.of();
    private final List<RowKey> keys = new ArrayList<>();
    private final List<JournalRow> changed = new ArrayList<>();
    private final List<OutboxEvent> emitted = new ArrayList<>();
    private final List<DeadLetter> deadLetters = new ArrayList<>();
    private final List<Duration> pauses = new ArrayList<>();
    private Instant earliest = Instant.MAX;
    private Instant ended = Instant.EPOCH;
    private int count;
    private final Set<Incoming> outOfTime = Collections.newSetFromMap(new IdentityHashMap<>());
    private int forgotten;
    private int notParked;
    private boolean worked;

    Turns(Batch batch) {
      this.batch = batch;
    }

    /**
     * Leaves out what came after its saga was forgotten: it is not answered, and where nothing else
     * came the row goes as it came.
     */
    List<Delivery> withoutForgotten(List<Delivery> arrived, JournalRow row, Inbox inbox) {
      List<Delivery> others = new ArrayList<>();
      for (Delivery delivery : arrived) {
        if (!inbox.isForgotten(row, delivery)) {
          others.add(delivery);
        } else if (delivery.bare()) {
          // Once, though several choreographies may begin with it.
          if (outOfTime.add(delivery.record())) {
            deadLetters.add(delivery.outOfTime());
          }
        } else {
          forgotten++;
          LOG.warn(
              "saga={} step={} event={} outcome=ignored: it came after its saga was forgotten",
              row.key().sagaId(),
              row.key().step(),
              delivery.record());
        }
      }
      if (others.isEmpty()) {
        changed.add(row);
      }
      return others;
    }

    /** The row is of a version that is not hosted: whatever comes is of another. */
    void refuse(Delivery delivery, JournalRow row) {
      deadLetters.add(delivery.conflictsWith(row));
    }

    void add(StepTurn turn) {
      taken.add(turn);
    }

    /**
     * Moves all rows.
     *
     * @param together whether what a batch handler can do for many is done first, in one call
     */
    void move(Calls calls, boolean together) {
      Set<RowKey> answered = together ? callTogether(calls) : Set.of();
      for (Iterator<StepTurn> turns = taken.iterator(); turns.hasNext(); ) {
        StepTurn turn = turns.next();
        if (batch.isOver(worked) && !answered.contains(turn.key())) {
          turns.remove();
          leave(turn);
        } else {
          turn.move();
          settle(turn);
        }
      }
    }

    /** Returns the rows that handlers have answered for. */
    private Set<RowKey> callTogether(Calls calls) {
      Map<Object, List<HandlerCall>> groups = new LinkedHashMap<>();
      for (StepTurn turn : taken) {
        HandlerCall call = turn.nextTogether();
        if (call != null) {
          groups.computeIfAbsent(call.group(), group -> new ArrayList<>()).add(call);
        }
      }
      Set<RowKey> answered = new HashSet<>();
      for (List<HandlerCall> group : groups.values()) {
        if (!batch.isOver(worked) && calls.together(group)) {
          worked = true;
          group.forEach(call -> answered.add(call.watched().key()));
        }
      }
      return answered;
    }

    /** A row that was locked and not moved stays as it was; one that was inserted is deleted. */
    private void leave(StepTurn turn) {
      left.add(turn.key());
      if (turn.before().state() == State.NONE) {
        changed.add(turn.before());
      }
    }

    private void settle(StepTurn turn) {
      count++;
      notParked += turn.notParked();
      keys.add(turn.key());
      emitted.addAll(turn.emitted());
      deadLetters.addAll(turn.deadLetters());
      if (turn.hasChanged()) {
        worked = true;
        changed.add(turn.after());
      }
      if (turn.deadline().isBefore(earliest)) {
        earliest = turn.deadline();
      }
      Duration pause = turn.pause();
      if (pause != null) {
        pauses.add(pause);
      }
    }
  }
}
