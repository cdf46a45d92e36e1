// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.StepContext;
import dev.choreography.engine.HandlerFailure;
import dev.choreography.engine.Journal;
import dev.choreography.engine.JournalRow;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.RowKey;
import dev.choreography.engine.TooSwiftException;
import dev.choreography.engine.Trouble;
import dev.choreography.protocol.State;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One transaction on one connection, used by one thread. */
final class JdbcTransaction implements Journal.Transaction {

  private static final Logger LOG = LoggerFactory.getLogger(JdbcTransaction.class);

  /** How long the database may take to end a backend. */
  private static final int ANSWER_MS = 5_000;

  private static final String SAVE_POINT = "SAVEPOINT choreography_attempt";

  /**
   * In one round trip: the work of the attempt before stands, and that of the next can be undone.
   */
  private static final String NEXT_SAVE_POINT =
      "RELEASE SAVEPOINT choreography_attempt; " + SAVE_POINT;

  private static final String UNDO = "ROLLBACK TO SAVEPOINT choreography_attempt";

  private static final String TERMINATE = "SELECT pg_terminate_backend(?)";

  private final Connection connection;
  private final Connection handlerConnection;
  private final DataSource dataSource;
  private final Journal.Scope scope;
  private final int backend;
  private final Instant began;
  private final long beganNanos = System.nanoTime();
  private final Set<RowKey> presumedNew = new HashSet<>();
  private List<Long> forgotten = List.of();
  private boolean saved;
  private boolean used;
  private boolean committed;
  private boolean closed;

  /**
   * A transaction that has begun.
   *
   * @param dataSource where another connection is to be had
   * @param backend the database's process
   * @param began by the database's clock, just now
   */
  JdbcTransaction(
      Connection connection,
      DataSource dataSource,
      Journal.Scope scope,
      int backend,
      Instant began) {
    this.connection = connection;
    this.handlerConnection = HandlerConnection.around(connection);
    this.dataSource = dataSource;
    this.scope = scope;
    this.backend = backend;
    this.began = began;
  }

  /** By the database's clock, read once. */
  @Override
  public Instant now() {
    return began.plusNanos(System.nanoTime() - beganNanos);
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

  private static <T> T tried(Sql<T> work, String what, int count) {
    try {
      return work.run();
    } catch (SQLException e) {
      throw SqlTrouble.of(what.formatted(count), e);
    }
  }

  @Override
  public List<OutboxRow> append(List<OutboxEvent> events) {
    List<Long> published = forgotten;
    forgotten = List.of();
    return tried(
        () -> Outbox.append(connection, events, published),
        "adding %s events to the outbox",
        events.size());
  }

  /** With what is appended next, or before the commit. */
  @Override
  public void forget(Collection<Long> published) {
    forgotten = List.copyOf(published);
  }

  @Override
  public StepContext context(
      String sagaId, int attempt, Instant deadline, Collection<SpecificRecord> predecessors) {
    return new JdbcStepContext(this, sagaId, attempt, deadline, predecessors);
  }

  /** The first use within an attempt is what there is to undo from. */
  Connection handlerConnection() {
    if (!used && scope != Journal.Scope.SWIFT) {
      try {
        execute(saved ? NEXT_SAVE_POINT : SAVE_POINT);
      } catch (SQLException e) {
        throw SqlTrouble.of("setting a savepoint", e);
      }
      saved = true;
    }
    used = true;
    return handlerConnection;
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void attempt(Journal.Attempt attempt) throws HandlerFailure {
    used = false;
    boolean keep;
    try {
      keep = attempt.run();
      if (keep && used && scope == Journal.Scope.SAGA) {
        checkDeferred();
      }
    } catch (Exception | Error e) {
      if (e instanceof VirtualMachineError fatal && !(e instanceof StackOverflowError)) {
        throw fatal;
      }
      boolean passing = scope == Journal.Scope.SAGA && SqlTrouble.leavesTransaction(e);
      if (!passing && SqlTrouble.is(e)) {
        throw e instanceof Trouble trouble
            ? trouble
            : new Trouble("calling a handler: " + e.getMessage(), e);
      }
      undo();
      throw new HandlerFailure(e, passing);
    }
    if (!keep) {
      undo();
    }
  }

  /** Constraints are deferred again afterwards: rolling back takes the setting back, too. */
  private void checkDeferred() throws SQLException {
    Savepoint check = connection.setSavepoint();
    execute("SET CONSTRAINTS ALL IMMEDIATE");
    connection.rollback(check);
    connection.releaseSavepoint(check);
  }

  private void undo() {
    if (used && scope == Journal.Scope.SWIFT) {
      throw new TooSwiftException("what a handler wrote is to be undone");
    }
    if (used) {
      try {
        execute(UNDO);
      } catch (SQLException e) {
        throw SqlTrouble.of("undoing what a handler wrote", e);
      }
    }
  }

  @Override
  public void commit() {
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
   * another's by now, and left alone.
   */
  @Override
  public void abort() {
    try (Connection other = dataSource.getConnection()) {
      abort(other);
    } catch (SQLException e) {
      LOG.warn("the backend {} of an overdue call was not ended: {}", backend, e.getMessage());
      end();
    }
  }

  private synchronized void abort(Connection other) throws SQLException {
    if (!closed) {
      other.setNetworkTimeout(Runnable::run, ANSWER_MS);
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
