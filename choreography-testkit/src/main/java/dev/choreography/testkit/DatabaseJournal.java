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
import dev.choreography.jdbc.JdbcJournal;
import dev.choreography.jdbc.Migrations;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import javax.sql.DataSource;
import org.apache.avro.specific.SpecificRecord;

/**
 * The runtime's journal in a real database, under a clock that is set. The database's own clock is
 * far ahead of it, so all that is set aside is found there as soon as somebody looks, and its turn
 * begins when this clock says so; and what is unpublished is made to look older than it is.
 */
record DatabaseJournal(JdbcJournal journal, DataSource source, VirtualClock clock)
    implements Journal {

  /** A journal with nothing in it. */
  static DatabaseJournal emptied(DataSource source, VirtualClock clock) {
    try {
      Migrations.apply(source);
    } catch (SQLException e) {
      throw new IllegalStateException("making the framework's tables: " + e.getMessage(), e);
    }
    execute(source, "TRUNCATE choreography_journal, choreography_outbox, choreography_position");
    return new DatabaseJournal(new JdbcJournal(source), source, clock);
  }

  private static void execute(DataSource source, String sql) {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException("%s: %s".formatted(sql, e.getMessage()), e);
    }
  }

  @Override
  public Transaction begin(Scope scope) {
    return new UnderThisClock(journal.begin(scope), clock);
  }

  @Override
  public Swept sweep(Relay relay, Published published, long after, int limit) {
    execute(
        source, "UPDATE choreography_outbox SET created_at = created_at - interval '2 seconds'");
    Swept swept = journal.sweep(relay, published, after, limit);
    // What the database takes is no time of this clock's.
    return new Swept(swept.rows(), swept.published(), swept.last(), swept.more(), Duration.ZERO);
  }

  @Override
  public int purge(Instant horizon, int limit) {
    return journal.purge(horizon, limit);
  }

  @Override
  public List<Position> positions(Collection<String> topics) {
    return journal.positions(topics);
  }

  @Override
  public void forgetPositions(Collection<Position> positions) {
    journal.forgetPositions(positions);
  }

  @Override
  public void forget(Collection<OutboxId> published) {
    journal.forget(published);
  }

  private record UnderThisClock(Transaction transaction, VirtualClock clock)
      implements Transaction {
    @Override
    public Instant now() {
      return clock.instant();
    }

    /** All of them: the database's own clock is ahead. */
    @Override
    public Window window(Instant after, int limit) {
      return new Window(1, now(), now());
    }

    @Override
    public SortedMap<RowKey, JournalRow> lock(
        SortedMap<RowKey, JournalRow> wanted, Set<RowKey> likelyNew) {
      return transaction.lock(wanted, likelyNew);
    }

    @Override
    public SortedMap<RowKey, JournalRow> lockDue(Collection<StepVersion> steps, int limit) {
      return transaction.lockDue(steps, limit);
    }

    @Override
    public SortedMap<RowKey, JournalRow> lockLate(
        Collection<StepVersion> steps, Instant after, Instant upTo, int limit) {
      return transaction.lockLate(steps, after, upTo, limit);
    }

    @Override
    public void save(Collection<JournalRow> rows) {
      transaction.save(rows);
    }

    @Override
    public List<OutboxRow> append(List<OutboxEvent> events) {
      return transaction.append(events);
    }

    @Override
    public void forget(Collection<OutboxId> published) {
      transaction.forget(published);
    }

    @Override
    public void advance(Collection<Position> positions) {
      transaction.advance(positions);
    }

    @Override
    public StepContext context(
        String sagaId, int attempt, Instant deadline, Collection<SpecificRecord> predecessors) {
      return transaction.context(sagaId, attempt, deadline, predecessors);
    }

    @Override
    public void attempt(Attempt attempt) throws HandlerFailure {
      transaction.attempt(attempt);
    }

    @Override
    public void commit() {
      transaction.commit();
    }

    @Override
    public void abort() {
      transaction.abort();
    }

    @Override
    public void close() {
      transaction.close();
    }
  }
}
