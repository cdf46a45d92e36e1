// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles what one poll brought: one transaction, rows locked first, events published after the
 * commit. Used by one thread for each worker.
 *
 * <p>A batch that meets trouble is done again as a whole and alone, so that two batches which
 * deadlock over hot rows do not meet twice; then saga by saga. What still fails is told to the
 * caller, who reads the records again.
 */
public final class Intake {

  private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

  /** How many batches run alone after one met trouble: a deadlock costs PostgreSQL a second. */
  private static final int BATCHES_ALONE = 100;

  private final Inbox inbox;
  private final Journal journal;
  private final Relay relay;
  private final Published published;
  private final Emitter emitter;
  private final int attempts;
  private final LongAdder batches = new LongAdder();
  private final LongAdder steps = new LongAdder();
  private int alone;

  /**
   * An intake.
   *
   * @param attempts how often a handler is tried before its step fails or is parked, at least 1
   */
  public Intake(
      Inbox inbox,
      Journal journal,
      Relay relay,
      Published published,
      Emitter emitter,
      int attempts) {
    this.inbox = inbox;
    this.journal = journal;
    this.relay = relay;
    this.published = published;
    this.emitter = emitter;
    this.attempts = attempts;
  }

  /**
   * Handles records.
   *
   * @return the dead letters among them, to be put aside before the records count as read
   * @throws Trouble if some or all of it could not be done; handling all of it again is safe
   */
  public List<DeadLetter> handle(Collection<Incoming> records) {
    List<DeadLetter> deadLetters = new ArrayList<>();
    List<Delivery> deliveries = new ArrayList<>();
    for (Incoming record : records) {
      String reason = inbox.read(record, deliveries);
      if (reason != null) {
        deadLetters.add(new DeadLetter(record, reason));
      }
    }
    if (!deliveries.isEmpty()) {
      deadLetters.addAll(handleBatch(deliveries));
    }
    return deadLetters;
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
    try {
      boolean apart = alone > 0;
      alone = Math.max(0, alone - 1);
      return commit(deliveries, apart);
    } catch (Trouble trouble) {
      LOG.info("{} deliveries are done again, alone: {}", deliveries.size(), trouble.getMessage());
    }
    try {
      alone = BATCHES_ALONE;
      return commit(deliveries, true);
    } catch (Trouble trouble) {
      LOG.info(
          "{} deliveries are done again, one by one: {}", deliveries.size(), trouble.getMessage());
    }
    return oneByOne(deliveries);
  }

  private List<DeadLetter> oneByOne(List<Delivery> deliveries) {
    Map<String, List<Delivery>> bySaga = new LinkedHashMap<>();
    for (Delivery delivery : deliveries) {
      bySaga.computeIfAbsent(delivery.sagaId(), id -> new ArrayList<>()).add(delivery);
    }
    List<DeadLetter> deadLetters = new ArrayList<>();
    Trouble left = null;
    for (List<Delivery> saga : bySaga.values()) {
      try {
        deadLetters.addAll(commit(saga, false));
      } catch (Trouble trouble) {
        if (trouble.isOfData()) {
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

  private List<DeadLetter> commit(List<Delivery> deliveries, boolean apart) {
    SortedMap<RowKey, List<Delivery>> byRow = new TreeMap<>();
    SortedMap<RowKey, JournalRow> wanted = new TreeMap<>();
    for (Delivery delivery : deliveries) {
      RowKey key = delivery.key();
      byRow.computeIfAbsent(key, k -> new ArrayList<>()).add(delivery);
      wanted.computeIfAbsent(
          key,
          k -> JournalRow.fresh(k, delivery.to().choreography().version(), delivery.deadline()));
    }
    List<DeadLetter> deadLetters = new ArrayList<>();
    List<OutboxRow> committed;
    List<Long> forgotten = published.take();
    try (Journal.Transaction transaction = journal.begin(apart)) {
      SortedMap<RowKey, JournalRow> rows = transaction.lock(wanted);
      List<JournalRow> changed = new ArrayList<>();
      List<OutboxEvent> emitted = new ArrayList<>();
      byRow.forEach(
          (key, arrived) -> {
            JournalRow row = Objects.requireNonNull(rows.get(key));
            StepTurn turn = new StepTurn(arrived.get(0).to(), row, transaction, emitter, attempts);
            turn.take(arrived);
            emitted.addAll(turn.emitted());
            deadLetters.addAll(turn.deadLetters());
            if (turn.hasChanged()) {
              changed.add(turn.row());
            }
          });
      transaction.save(changed);
      committed = transaction.append(emitted);
      transaction.forget(forgotten);
      transaction.commit();
    } catch (Trouble trouble) {
      published.putBack(forgotten);
      throw trouble;
    }
    batches.increment();
    steps.add(byRow.size());
    relay.publish(committed, published::add);
    return deadLetters;
  }
}
