// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.StepContext;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.apache.avro.specific.SpecificRecord;

/** The participant's own tables: journal and outbox. Used by several threads. */
public interface Journal {

  /**
   * Begins a read committed transaction.
   *
   * @throws Trouble if the database is away
   */
  Transaction begin(Scope scope);

  /**
   * Publishes one page of the outbox: the rows with the lowest ids above {@code after} that were
   * written more than five seconds ago, of all that are committed and of topics that can be
   * reached; and forgets those that are acknowledged. Does nothing while another instance sweeps.
   *
   * @param published told of rows that are acknowledged only after the sweep
   * @param after 0 to begin at the first row; the {@link Swept#last} of the page before to go on
   * @param limit rows in a page, at most
   * @throws Trouble if the database is away
   */
  Swept sweep(Relay relay, Published published, long after, int limit);

  /**
   * Forgets published rows in a transaction of its own.
   *
   * @throws Trouble if the database is away
   */
  void forget(Collection<OutboxId> published);

  /**
   * Deletes up to {@code limit} rows of sagas whose deadline lies before {@code horizon}, of steps
   * that have ended or still wait, in a transaction of its own. Rows that another has locked are
   * passed over.
   *
   * @return how many
   * @throws Trouble if the database is away
   */
  int purge(Instant horizon, int limit);

  /**
   * Returns the positions that are stored for these topics. A partition without one was never read
   * by this database.
   *
   * @throws Trouble if the database is away
   */
  List<Position> positions(Collection<String> topics);

  /**
   * Deletes positions, whatever their offsets, in a transaction of its own.
   *
   * @throws Trouble if the database is away
   */
  void forgetPositions(Collection<Position> positions);

  /** Whose work a transaction does, and beside whom. */
  enum Scope {
    /**
     * Many sagas', beside other transactions, presuming that rows which are likely to be new are,
     * and that nothing a handler writes has to be undone alone; {@link TooSwiftException} where
     * that was wrong.
     */
    SWIFT,

    /** Many sagas', beside other transactions. */
    BATCH,

    /**
     * Many sagas', while no other transaction of this journal runs: handlers of two batches cannot
     * wait for each other.
     */
    BATCH_ALONE,

    /**
     * One saga's. There is no other to blame for what goes wrong, so it is found with the attempt
     * that caused it: what the database would refuse at the commit, and statements that it
     * cancelled or refused a lock.
     */
    SAGA
  }

  /** One transaction. All its methods throw {@link Trouble}, after which only close remains. */
  interface Transaction extends AutoCloseable {

    /**
     * Locks the rows in key order until the transaction ends, inserting those that are missing. A
     * swift transaction need not look for those that are likely to be new: writing such a row
     * inserts it.
     *
     * @param wanted for each key the row to insert where there is none
     * @param likelyNew those of which nothing was heard before, if the events came in their order
     */
    SortedMap<RowKey, JournalRow> lock(SortedMap<RowKey, JournalRow> wanted, Set<RowKey> likelyNew);

    /**
     * Locks up to {@code limit} rows of these steps that are due, the longest due first; rows that
     * another transaction has locked are passed over.
     */
    SortedMap<RowKey, JournalRow> lockDue(Collection<StepVersion> steps, int limit);

    /**
     * Locks up to {@code limit} rows of these steps that were executed, whose saga is undecided and
     * its deadline between two times, the first exclusive; rows that another transaction has locked
     * are passed over.
     */
    SortedMap<RowKey, JournalRow> lockLate(
        Collection<StepVersion> steps, Instant after, Instant upTo, int limit);

    /**
     * Finds out how far a look at deadlines goes that begins after one and reads at most {@code
     * limit} rows, and all others with the last one's deadline; never beyond now.
     */
    Window window(Instant after, int limit);

    /**
     * The journal's own time, by which due times are written and read and deadlines are judged: the
     * same for all instances, whatever their clocks say.
     */
    Instant now();

    /**
     * Writes locked rows; those of which nothing was heard are deleted.
     *
     * @throws TooSwiftException if a row is there that was presumed to be new: another transaction
     *     has decided on it
     */
    void save(Collection<JournalRow> rows);

    /** Adds events to the outbox, in this order. */
    List<OutboxRow> append(List<OutboxEvent> events);

    /** Forgets published rows, with what is appended next or at the latest with the commit. */
    void forget(Collection<OutboxId> published);

    /**
     * Writes positions with this transaction: every record below {@link Position#next} is in this
     * database once it commits. A position that is further stays. Called at most once, after
     * everything else has been written.
     *
     * @throws SetBackException if the database has a lower position than {@link Position#known}
     */
    void advance(Collection<Position> positions);

    /**
     * What a handler is given. Everything it writes through the context's connection between the
     * begin and the end of an {@link #attempt} can be undone.
     */
    StepContext context(
        String sagaId, int attempt, Instant deadline, Collection<SpecificRecord> predecessors);

    /**
     * Calls a handler.
     *
     * @throws HandlerFailure if it threw, or the database will not keep what it wrote; its writes
     *     are undone
     * @throws TooSwiftException if its writes are to be undone in a swift transaction
     * @throws Trouble if it threw because the infrastructure failed
     */
    void attempt(Attempt attempt) throws HandlerFailure;

    /** Commits. {@link Trouble} means that the outcome is unknown. */
    void commit();

    /**
     * Ends the transaction from another thread, also while a statement of it runs: whatever uses it
     * from now on meets {@link Trouble}, and its locks are free.
     */
    void abort();

    /** Rolls back unless committed. Never throws. */
    @Override
    void close();
  }

  /**
   * A page of the outbox that was swept.
   *
   * @param rows how many were found
   * @param published how many of them the broker has now
   * @param last the id of the last one, or where the search began if there was none
   * @param more whether the page was full, so that there may be another one
   * @param look how long the database searched, without the publishing
   */
  record Swept(int rows, int published, long last, boolean more, Duration look) {

    /** A page with nothing in it. */
    public static Swept nothing(long after, Duration look) {
      return new Swept(0, 0, after, false, look);
    }
  }

  /**
   * Some of the deadlines that have passed.
   *
   * @param rows how many there are at least, of whatever state; 0 for none
   * @param end the last of them, or now where there are no others
   * @param now the journal's time
   */
  record Window(int rows, Instant end, Instant now) {

    /** Whether there are no others up to now. */
    boolean isLast() {
      return end.equals(now);
    }
  }

  /**
   * A step of one version of a choreography.
   *
   * @param choreography its name
   * @param version the choreography's
   * @param step its name
   */
  record StepVersion(String choreography, int version, String step) {}

  /** A call of a handler. */
  @FunctionalInterface
  interface Attempt {
    /** Returns whether what was written is to be kept. */
    boolean run() throws Exception;
  }
}
