// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.StepContext;
import dev.choreography.engine.HandlerFailure;
import dev.choreography.engine.Journal;
import dev.choreography.engine.JournalRow;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.RowKey;
import dev.choreography.engine.Trouble;
import dev.choreography.protocol.Heard;
import dev.choreography.protocol.State;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
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

  private static final String COLUMNS =
      """
      choreography, saga_id, step, version, state, heard, deadline, due, attempt,
      parked, error, result, inputs, digest, causation, trace_parent, received
      """;

  /**
   * Inserts in key order, so that two batches meet in the same order; the update writes nothing
   * new, it takes the lock of a row that was there and returns it as it is after waiting.
   */
  private static final String LOCK =
      """
      INSERT INTO choreography_journal AS journal
             (choreography, saga_id, step, version, state, heard, deadline)
      SELECT choreography, saga_id, step, version, 'NONE', 0, deadline::timestamptz
        FROM unnest(?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[])
             AS wanted (choreography, saga_id, step, version, deadline)
       ORDER BY choreography COLLATE "C", saga_id COLLATE "C", step COLLATE "C"
      ON CONFLICT (choreography, saga_id, step) DO UPDATE SET heard = journal.heard
      RETURNING\s
      """
          + COLUMNS;

  /** What this instance cannot host is left to another, without being in the way. */
  private static final String HOSTED =
      "(choreography || ':' || version || ':' || step) = ANY (?::text[])";

  private static final String DUE =
      "SELECT "
          + COLUMNS
          + """
              FROM choreography_journal
             WHERE due <= ?::timestamptz
               AND\s
            """
          + HOSTED
          + """

             ORDER BY due
             LIMIT ?
               FOR UPDATE SKIP LOCKED
            """;

  /** Of what was heard, 2 is the cancel and 4 the deadline: they were acted on already. */
  private static final String LATE =
      "SELECT "
          + COLUMNS
          + """
              FROM choreography_journal
             WHERE deadline > ?::timestamptz AND deadline <= ?::timestamptz
               AND state = 'COMPLETED' AND heard & 6 = 0
               AND\s
            """
          + HOSTED
          + """

             ORDER BY deadline
             LIMIT ?
               FOR UPDATE SKIP LOCKED
            """;

  private static final String FORGET_UNHEARD =
      """
      DELETE FROM choreography_journal AS journal
       USING unnest(?::text[], ?::text[], ?::text[]) AS unheard (choreography, saga_id, step)
       WHERE journal.choreography = unheard.choreography
         AND journal.saga_id = unheard.saga_id
         AND journal.step = unheard.step
      """;

  private static final String SAVE =
      """
      UPDATE choreography_journal AS journal
         SET state = changed.state, heard = changed.heard,
             deadline = changed.deadline::timestamptz, due = changed.due::timestamptz,
             attempt = changed.attempt, parked = changed.parked, error = changed.error,
             result = changed.result, inputs = changed.inputs, digest = changed.digest,
             causation = changed.causation, trace_parent = changed.trace_parent,
             received = changed.received::timestamptz
        FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[],
                    ?::bigint[], ?::bigint[], ?::text[], ?::bytea[], ?::bytea[], ?::bytea[],
                    ?::text[], ?::text[], ?::text[])
             AS changed (choreography, saga_id, step, state, heard, deadline, due, attempt, parked,
                         error, result, inputs, digest, causation, trace_parent, received)
       WHERE journal.choreography = changed.choreography
         AND journal.saga_id = changed.saga_id
         AND journal.step = changed.step
      """;

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
  public SortedMap<RowKey, JournalRow> lock(SortedMap<RowKey, JournalRow> wanted) {
    try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
      Columns<JournalRow> columns = new Columns<>(connection, wanted.values());
      statement.setArray(1, columns.text(row -> row.key().choreography()));
      statement.setArray(2, columns.text(row -> row.key().sagaId()));
      statement.setArray(3, columns.text(row -> row.key().step()));
      statement.setArray(4, columns.numbers(row -> (long) row.version()));
      statement.setArray(5, columns.times(JournalRow::deadline));
      return rows(statement);
    } catch (SQLException e) {
      throw SqlTrouble.of("locking %d journal rows".formatted(wanted.size()), e);
    }
  }

  @Override
  public SortedMap<RowKey, JournalRow> lockDue(Collection<Journal.StepVersion> steps, int limit) {
    try (PreparedStatement statement = connection.prepareStatement(DUE)) {
      statement.setString(1, now().toString());
      statement.setArray(2, names(connection, steps));
      statement.setInt(3, limit);
      return rows(statement);
    } catch (SQLException e) {
      throw SqlTrouble.of("locking journal rows that are due", e);
    }
  }

  @Override
  public SortedMap<RowKey, JournalRow> lockLate(
      Collection<Journal.StepVersion> steps, Instant after, Instant upTo, int limit) {
    try (PreparedStatement statement = connection.prepareStatement(LATE)) {
      statement.setString(1, after.toString());
      statement.setString(2, upTo.toString());
      statement.setArray(3, names(connection, steps));
      statement.setInt(4, limit);
      return rows(statement);
    } catch (SQLException e) {
      throw SqlTrouble.of("locking journal rows that are late", e);
    }
  }

  static Array names(Connection connection, Collection<Journal.StepVersion> steps)
      throws SQLException {
    return new Columns<>(connection, steps)
        .text(step -> step.choreography() + ":" + step.version() + ":" + step.step());
  }

  private static SortedMap<RowKey, JournalRow> rows(PreparedStatement statement)
      throws SQLException {
    SortedMap<RowKey, JournalRow> rows = new TreeMap<>();
    try (ResultSet result = statement.executeQuery()) {
      while (result.next()) {
        JournalRow row = read(result);
        rows.put(row.key(), row);
      }
    }
    return rows;
  }

  private static JournalRow read(ResultSet result) throws SQLException {
    return new JournalRow(
        new RowKey(result.getString(1), result.getString(2), result.getString(3)),
        result.getInt(4),
        State.valueOf(result.getString(5)),
        new Heard(result.getLong(6)),
        result.getTimestamp(7).toInstant(),
        instant(result.getTimestamp(8)),
        result.getInt(9),
        result.getInt(10),
        result.getString(11),
        result.getBytes(12),
        Wire.inputs(result.getBytes(13)),
        result.getBytes(14),
        result.getString(15),
        result.getString(16),
        instant(result.getTimestamp(17)));
  }

  private static @Nullable Instant instant(@Nullable Timestamp timestamp) {
    return timestamp == null ? null : timestamp.toInstant();
  }

  @Override
  public void save(Collection<JournalRow> rows) {
    write(rows.stream().filter(row -> row.state() != State.NONE).toList());
    forgetUnheard(rows.stream().filter(row -> row.state() == State.NONE).toList());
  }

  private void forgetUnheard(Collection<JournalRow> rows) {
    if (rows.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(FORGET_UNHEARD)) {
      Columns<JournalRow> columns = new Columns<>(connection, rows);
      statement.setArray(1, columns.text(row -> row.key().choreography()));
      statement.setArray(2, columns.text(row -> row.key().sagaId()));
      statement.setArray(3, columns.text(row -> row.key().step()));
      statement.executeUpdate();
    } catch (SQLException e) {
      throw SqlTrouble.of("deleting %d unheard journal rows".formatted(rows.size()), e);
    }
  }

  private void write(Collection<JournalRow> rows) {
    if (rows.isEmpty()) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(SAVE)) {
      Columns<JournalRow> columns = new Columns<>(connection, rows);
      statement.setArray(1, columns.text(row -> row.key().choreography()));
      statement.setArray(2, columns.text(row -> row.key().sagaId()));
      statement.setArray(3, columns.text(row -> row.key().step()));
      statement.setArray(4, columns.text(row -> row.state().name()));
      statement.setArray(5, columns.numbers(row -> row.heard().bits()));
      statement.setArray(6, columns.times(JournalRow::deadline));
      statement.setArray(7, columns.times(JournalRow::due));
      statement.setArray(8, columns.numbers(row -> (long) row.attempt()));
      statement.setArray(9, columns.numbers(row -> (long) row.parked()));
      statement.setArray(10, columns.text(row -> storable(row.error())));
      statement.setArray(11, columns.bytes(JournalRow::result));
      statement.setArray(12, columns.bytes(row -> Wire.inputs(row.inputs())));
      statement.setArray(13, columns.bytes(JournalRow::digest));
      statement.setArray(14, columns.text(row -> storable(row.causation())));
      statement.setArray(15, columns.text(row -> storable(row.traceParent())));
      statement.setArray(16, columns.times(JournalRow::received));
      statement.executeUpdate();
    } catch (SQLException e) {
      throw SqlTrouble.of("writing %d journal rows".formatted(rows.size()), e);
    }
  }

  /** PostgreSQL's text holds every character but the null one, which others' words may contain. */
  private static @Nullable String storable(@Nullable String text) {
    return text == null ? null : text.replace('\0', ' ');
  }

  @Override
  public List<OutboxRow> append(List<OutboxEvent> events) {
    try {
      return Outbox.append(connection, events);
    } catch (SQLException e) {
      throw SqlTrouble.of("adding %d events to the outbox".formatted(events.size()), e);
    }
  }

  @Override
  public void forget(Collection<Long> published) {
    try {
      JdbcJournal.forget(connection, published);
    } catch (SQLException e) {
      throw SqlTrouble.of("forgetting %d published events".formatted(published.size()), e);
    }
  }

  @Override
  public StepContext context(
      String sagaId, int attempt, Instant deadline, Collection<SpecificRecord> predecessors) {
    return new JdbcStepContext(this, sagaId, attempt, deadline, predecessors);
  }

  /** The first use within an attempt is what there is to undo from. */
  Connection handlerConnection() {
    if (!used) {
      try {
        execute(saved ? NEXT_SAVE_POINT : SAVE_POINT);
      } catch (SQLException e) {
        throw SqlTrouble.of("setting a savepoint", e);
      }
      saved = true;
      used = true;
    }
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
}
