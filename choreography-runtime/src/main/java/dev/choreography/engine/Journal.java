// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.StepContext;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import org.apache.avro.specific.SpecificRecord;

/** The participant's own tables: journal and outbox. Used by several threads. */
public interface Journal {

  /**
   * Begins a read committed transaction.
   *
   * @param alone whether no other transaction of this journal may run beside it, so that handlers
   *     of two batches cannot wait for each other
   * @throws Trouble if the database is away
   */
  Transaction begin(boolean alone);

  /**
   * Publishes what committed more than five seconds ago and was not acknowledged, up to {@code
   * limit} rows, and forgets it. Does nothing while another instance does it.
   *
   * @return the rows that the broker has
   * @throws Trouble if the database is away
   */
  int sweep(Relay relay, int limit);

  /**
   * Forgets published rows in a transaction of its own.
   *
   * @throws Trouble if the database is away
   */
  void forget(Collection<Long> published);

  /** One transaction. All its methods throw {@link Trouble}, after which only close remains. */
  interface Transaction extends AutoCloseable {

    /**
     * Locks the rows in key order until the transaction ends, inserting those that are missing.
     *
     * @param wanted for each key the row to insert where there is none
     */
    SortedMap<RowKey, JournalRow> lock(SortedMap<RowKey, JournalRow> wanted);

    /** Writes locked rows. */
    void save(Collection<JournalRow> rows);

    /** Adds events to the outbox, in this order. */
    List<OutboxRow> append(List<OutboxEvent> events);

    /** Forgets published rows. */
    void forget(Collection<Long> published);

    /**
     * What a handler is given. Everything it writes through the context's connection between the
     * begin and the end of an {@link #attempt} can be undone.
     */
    StepContext context(
        String sagaId, int attempt, Instant deadline, Collection<SpecificRecord> predecessors);

    /**
     * Calls a handler.
     *
     * @throws HandlerFailure if it threw; its writes are undone
     * @throws Trouble if it threw because the infrastructure failed
     */
    void attempt(Attempt attempt) throws HandlerFailure;

    /** Commits. {@link Trouble} means that the outcome is unknown. */
    void commit();

    /** Rolls back unless committed. Never throws. */
    @Override
    void close();
  }

  /** A call of a handler. */
  @FunctionalInterface
  interface Attempt {
    /** Returns whether what was written is to be kept. */
    boolean run() throws Exception;
  }
}
