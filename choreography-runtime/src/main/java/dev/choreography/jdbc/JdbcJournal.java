// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.StepOptions;
import dev.choreography.engine.Journal;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Published;
import dev.choreography.engine.Relay;
import dev.choreography.engine.Trouble;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/** The journal in PostgreSQL. */
public final class JdbcJournal implements Journal {

  private static final String SWEEP_LOCK =
      "SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.choreography_outbox', 0))";

  private static final String UNPUBLISHED =
      """
      SELECT id, topic, saga_id, value, headers
        FROM choreography_outbox
       WHERE created_at < now() - interval '5 seconds' AND id > ? AND topic <> ALL (?)
       ORDER BY id
       LIMIT ?
      """;

  /** Found by the index on the deadline; what is neither ended nor waiting is never deleted. */
  private static final String PURGE =
      """
      DELETE FROM choreography_journal
       WHERE ctid = ANY (ARRAY(
             SELECT ctid
               FROM choreography_journal
              WHERE deadline < ?::timestamptz
                AND state IN ('WAITING', 'CONFIRMED', 'FAILED', 'COMPENSATED', 'SKIPPED')
              ORDER BY deadline
              LIMIT ?
                FOR UPDATE SKIP LOCKED))
      """;

  private static final String BACKLOG =
      "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) FROM choreography_outbox";

  private final DataSource dataSource;
  private final BatchLock lock;
  private final SweepFloor floor = new SweepFloor();

  /** A journal for steps with the default options. */
  public JdbcJournal(DataSource dataSource) {
    this(dataSource, StepOptions.defaults().timeLimit());
  }

  /**
   * A journal in the database that this data source opens connections to.
   *
   * @param longestCall how long a call of a handler may take; where an instance vanishes in
   *     mid-transaction, its locks stand for twice as long and ten seconds
   */
  public JdbcJournal(DataSource dataSource, Duration longestCall) {
    this(dataSource, new BatchLock(longestCall));
  }

  JdbcJournal(DataSource dataSource, BatchLock lock) {
    this.dataSource = dataSource;
    this.lock = lock;
  }

  @Override
  public Transaction begin(Scope scope) {
    try {
      return new JdbcTransaction(connect(), dataSource, scope, lock);
    } catch (SQLException e) {
      throw SqlTrouble.of("opening a connection", e, Trouble.Kind.AWAY);
    }
  }

  @Override
  public Swept sweep(Relay relay, long after, int limit) {
    try (Connection connection = open()) {
      try {
        List<OutboxRow> rows =
            leads(connection) ? behindTheFloor(connection, relay, after, limit) : List.of();
        List<Long> published = List.of();
        if (!rows.isEmpty()) {
          Published acknowledged = new Published();
          relay.publish(rows, acknowledged::add);
          relay.flush();
          published = acknowledged.take();
          Outbox.forget(connection, published);
        }
        connection.commit();
        return new Swept(
            rows.size(), published.size(), rows.isEmpty() ? after : rows.get(rows.size() - 1).id());
      } finally {
        endTransaction(connection);
      }
    } catch (SQLException e) {
      throw SqlTrouble.of("sweeping the outbox", e);
    }
  }

  @Override
  public void forget(Collection<Long> published) {
    try (Connection connection = open()) {
      try {
        Outbox.forget(connection, published);
        connection.commit();
      } finally {
        endTransaction(connection);
      }
    } catch (SQLException e) {
      throw SqlTrouble.of("forgetting %d published events".formatted(published.size()), e);
    }
  }

  @Override
  public int purge(Instant horizon, int limit) {
    try (Connection connection = open()) {
      try (PreparedStatement statement = connection.prepareStatement(PURGE)) {
        statement.setString(1, horizon.toString());
        statement.setInt(2, limit);
        int purged = statement.executeUpdate();
        connection.commit();
        return purged;
      } finally {
        endTransaction(connection);
      }
    } catch (SQLException e) {
      throw SqlTrouble.of("purging the journal", e);
    }
  }

  /**
   * Adds one event to the outbox in a transaction of the caller's.
   *
   * @return the row, to be published after the caller's commit
   */
  public static OutboxRow append(Connection connection, OutboxEvent event) throws SQLException {
    return Outbox.append(connection, List.of(event), List.of()).get(0);
  }

  /**
   * What waits to be published, or to be forgotten once it was.
   *
   * @throws Trouble if the database is away
   */
  public Backlog backlog() {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(BACKLOG)) {
      result.next();
      return new Backlog(result.getLong(1), result.getDouble(2));
    } catch (SQLException e) {
      throw SqlTrouble.of("counting the outbox", e);
    }
  }

  /**
   * The outbox at one time.
   *
   * @param events how many rows it has
   * @param seconds the age of the oldest
   */
  public record Backlog(long events, double seconds) {}

  static void endQuietly(Connection connection) {
    try (connection) {
      endTransaction(connection);
    } catch (SQLException e) {
      // Whatever brought us here has been told; the pool discards what is broken.
    }
  }

  /** Begins a transaction of the journal's own; {@link BatchLock} begins the others. */
  private Connection open() throws SQLException {
    Connection connection = connect();
    try (Statement statement = connection.createStatement()) {
      statement.execute(BatchLock.ISOLATION);
      return connection;
    } catch (SQLException e) {
      endQuietly(connection);
      throw e;
    }
  }

  private Connection connect() throws SQLException {
    Connection connection = dataSource.getConnection();
    try {
      connection.setAutoCommit(false);
      return connection;
    } catch (SQLException e) {
      endQuietly(connection);
      throw e;
    }
  }

  private static void endTransaction(Connection connection) throws SQLException {
    if (!connection.isClosed()) {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  private static boolean leads(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(SWEEP_LOCK)) {
      return result.next() && result.getBoolean(1);
    }
  }

  private List<OutboxRow> behindTheFloor(Connection connection, Relay relay, long after, int limit)
      throws SQLException {
    if (after == 0) {
      floor.raise(connection);
    }
    return unpublished(connection, Math.max(after, floor.id()), relay.unreachable(), limit);
  }

  private static List<OutboxRow> unpublished(
      Connection connection, long after, Set<String> unreachable, int limit) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(UNPUBLISHED)) {
      statement.setLong(1, after);
      statement.setArray(2, connection.createArrayOf("text", unreachable.toArray()));
      statement.setInt(3, limit);
      List<OutboxRow> rows = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          rows.add(
              new OutboxRow(
                  result.getLong(1),
                  new OutboxEvent(
                      result.getString(2),
                      result.getString(3),
                      result.getBytes(4),
                      Wire.headers(result.getString(5)))));
        }
      }
      return rows;
    }
  }
}
