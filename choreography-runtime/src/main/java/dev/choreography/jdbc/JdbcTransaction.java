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
import dev.choreography.engine.TooSwiftException;
import dev.choreography.protocol.State;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One transaction on one connection, used by one thread. */
final class JdbcTransaction implements Journal.Transaction {

  private static final Logger LOG = LoggerFactory.getLogger(JdbcTransaction.class);

  /** How long the database may take to end a backend. */
  private static final int ANSWER_MS = 5_000;

  private static final String TERMINATE = "SELECT pg_terminate_backend(?)";

  private static final String KEEP_ALIVE = "SELECT 1";

  private final Connection connection;
  private final HandlerAttempts attempts;
  private final DataSource dataSource;
  private final Journal.Scope scope;
  private final BatchLock lock;
  private final Set<RowKey> presumedNew = new HashSet<>();
  private volatile BatchLock.@Nullable Begun begun;
  private long begunNanos;
  private long usedNanos;
  private List<OutboxId> forgotten = List.of();
  private boolean committed;
  private boolean closed;

  /**
   * A transaction that begins with its first statement, so that whoever watches it has it before
   * anything is waited for.
   *
   * @param dataSource where another connection is to be had
   */
  JdbcTransaction(
      Connection connection, DataSource dataSource, Journal.Scope scope, BatchLock lock) {
    this.connection = connection;
    this.attempts = new HandlerAttempts(connection, scope);
    this.dataSource = dataSource;
    this.scope = scope;
    this.lock = lock;
  }

  private BatchLock.Begun begun() {
    BatchLock.Begun already = begun;
    if (already != null) {
      return already;
    }
    BatchLock.Begun made = lock.begin(connection, scope);
    begunNanos = System.nanoTime();
    usedNanos = begunNanos;
    begun = made;
    return made;
  }

  /** By the database's clock, read once. */
  @Override
  public Instant now() {
    return begun().began().plusNanos(System.nanoTime() - begunNanos);
  }

  @Override
  public SortedMap<RowKey, JournalRow> lock(
      SortedMap<RowKey, JournalRow> wanted, Set<RowKey> likelyNew) {
    SortedMap<RowKey, JournalRow> rows = new TreeMap<>();
    List<JournalRow> there = new ArrayList<>(wanted.size());
    wanted.forEach(
        (key, row) -> {
          if (scope == Journal.Scope.SWIFT && likelyNew.contains(key)) {
            presumedNew.add(key);
            rows.put(key, row);
          } else {
            there.add(row);
          }
        });
    return tried(
        () -> {
          if (!there.isEmpty()) {
            rows.putAll(JournalTable.lock(connection, there));
          }
          return rows;
        },
        "locking %s journal rows",
        there.size());
  }

  @Override
  public SortedMap<RowKey, JournalRow> lockDue(Collection<Journal.StepVersion> steps, int limit) {
    return tried(
        () -> JournalTable.lockDue(connection, steps, now(), limit),
        "locking up to %s journal rows that are due",
        limit);
  }

  @Override
  public SortedMap<RowKey, JournalRow> lockLate(
      Collection<Journal.StepVersion> steps, Instant after, Instant upTo, int limit) {
    return tried(
        () -> JournalTable.lockLate(connection, steps, after, upTo, limit),
        "locking up to %s journal rows that are late",
        limit);
  }

  @Override
  public Journal.Window window(Instant after, int limit) {
    return tried(
        () -> JournalTable.window(connection, after, now(), limit),
        "looking at up to %s deadlines",
        limit);
  }

  @Override
  public void save(Collection<JournalRow> rows) {
    List<JournalRow> fresh = new ArrayList<>();
    List<JournalRow> known = new ArrayList<>();
    List<JournalRow> unheard = new ArrayList<>();
    for (JournalRow row : rows) {
      boolean isNew = presumedNew.contains(row.key());
      if (row.state() != State.NONE) {
        (isNew ? fresh : known).add(row);
      } else if (!isNew) {
        unheard.add(row);
      }
    }
    boolean inserted =
        tried(
            () -> JournalTable.insert(connection, fresh),
            "inserting %s journal rows",
            fresh.size());
    if (!inserted) {
      throw new TooSwiftException("a journal row is there that was taken for new");
    }
    tried(() -> JournalTable.write(connection, known), "writing %s journal rows", known.size());
    tried(
        () -> JournalTable.delete(connection, unheard),
        "deleting %s unheard journal rows",
        unheard.size());
  }

  private <T> T tried(Sql<T> work, String what, int count) {
    BatchLock.Begun ignored = begun();
    try {
      return work.run();
    } catch (SQLException e) {
      throw SqlTrouble.of(what.formatted(count), e);
    } finally {
      usedNanos = System.nanoTime();
    }
  }

  @Override
  public List<OutboxRow> append(List<OutboxEvent> events) {
    List<OutboxId> published = forgotten;
    forgotten = List.of();
    return tried(
        () -> Outbox.append(connection, events, published),
        "adding %s events to the outbox",
        events.size());
  }

  /** With what is appended next, or before the commit. */
  @Override
  public void forget(Collection<OutboxId> published) {
    forgotten = List.copyOf(published);
  }

  @Override
  public void advance(Collection<Position> positions) {
    tried(
        () -> {
          PositionTable.advance(connection, positions);
          return positions;
        },
        "writing %s positions",
        positions.size());
  }

  @Override
  public StepContext context(
      String sagaId, int attempt, Instant deadline, Collection<SpecificRecord> predecessors) {
    return new JdbcStepContext(attempts, sagaId, attempt, deadline, predecessors);
  }

  /**
   * Handlers that never use the connection would let the transaction be idle for as long as a batch
   * of them takes.
   */
  private void keepAlive() {
    if (System.nanoTime() - usedNanos > lock.idle().toNanos() / 4) {
      try (Statement statement = connection.createStatement()) {
        statement.execute(KEEP_ALIVE);
        usedNanos = System.nanoTime();
      } catch (SQLException e) {
        throw SqlTrouble.of("keeping a transaction alive between two calls of handlers", e);
      }
    }
  }

  @Override
  public void attempt(Journal.Attempt attempt) throws HandlerFailure {
    BatchLock.Begun ignored = begun();
    keepAlive();
    attempts.attempt(attempt);
  }

  @Override
  public void commit() {
    BatchLock.Begun ignored = begun();
    try {
      Outbox.forget(connection, forgotten);
      connection.commit();
      committed = true;
    } catch (SQLException e) {
      throw SqlTrouble.of("committing, the outcome is unknown", e);
    }
  }

  /**
   * The database is told first: it does not notice that a client has gone while it works on a
   * statement, and would keep the locks until that ends. A connection that was given back is
   * another's by now, and left alone; one whose transaction has not begun has locked nothing.
   */
  @Override
  public void abort() {
    BatchLock.Begun known = begun;
    if (known == null) {
      end();
      return;
    }
    try (Connection other = dataSource.getConnection()) {
      int before = other.getNetworkTimeout();
      other.setNetworkTimeout(Runnable::run, ANSWER_MS);
      try {
        abort(other, known.backend());
      } finally {
        // Not every pool takes it back.
        other.setNetworkTimeout(Runnable::run, before);
      }
    } catch (SQLException e) {
      LOG.warn(
          "the backend {} of an overdue call was not ended: {}", known.backend(), e.getMessage());
      end();
    }
  }

  private synchronized void abort(Connection other, int backend) throws SQLException {
    if (!closed) {
      try (PreparedStatement statement = other.prepareStatement(TERMINATE)) {
        statement.setInt(1, backend);
        statement.execute();
      }
      end();
    }
  }

  private synchronized void end() {
    try {
      if (!closed) {
        connection.abort(Runnable::run);
      }
    } catch (SQLException e) {
      LOG.debug("whoever uses the connection meets the error", e);
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (committed) {
      try (connection) {
        connection.setAutoCommit(true);
      } catch (SQLException e) {
        // The transaction has committed; the pool discards what is broken.
      }
    } else {
      JdbcJournal.endQuietly(connection);
    }
  }

  /** Work on the tables. */
  @FunctionalInterface
  private interface Sql<T> {
    T run() throws SQLException;
  }
}
