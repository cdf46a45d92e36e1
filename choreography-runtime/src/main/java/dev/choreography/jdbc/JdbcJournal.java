// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.StepOptions;
import dev.choreography.engine.Journal;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Position;
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
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;

/** The journal in PostgreSQL. */
public final class JdbcJournal implements Journal {

  /** An instance that vanishes while it publishes must not keep the others from sweeping. */
  private static final String SWEEP_LOCK =
      "SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema() || '.choreography_outbox', 0)), set_config('idle_in_transaction_session_timeout', ?, true)";

  /** A page is published much sooner; if not, what was acknowledged is forgotten later. */
  private static final Duration LONGEST_PUBLISHING = Duration.ofMinutes(2);

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

  /** Of a page's rows together: a sweep has no more than that in memory. */
  static final int SWEEP_BYTES = 8 * 1024 * 1024;

  private final DataSource dataSource;
  private final BatchLock lock;
  private final Duration longestPublishing;

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
    this(dataSource, lock, LONGEST_PUBLISHING);
  }

  /** A journal whose sweeps are given up when publishing a page takes longer than this. */
  JdbcJournal(DataSource dataSource, BatchLock lock, Duration longestPublishing) {
    this.dataSource = dataSource;
    this.lock = lock;
    this.longestPublishing = longestPublishing;
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
  public Swept sweep(Relay relay, Published published, long after, int limit) {
    try (Connection connection = open()) {
      try {
        if (!leads(connection)) {
          return Swept.nothing(after, Duration.ZERO);
        }
        long began = System.nanoTime();
        Outbox.Page page =
            Outbox.unpublished(connection, after, relay.unreachable(), limit, SWEEP_BYTES);
        List<OutboxRow> rows = page.rows();
        Duration look = Duration.ofNanos(System.nanoTime() - began);
        if (rows.isEmpty()) {
          return Swept.nothing(after, look);
        }
        Published.Receipts receipts = published.receipts();
        relay.publish(rows, receipts::add);
        relay.flush();
        List<OutboxId> acknowledged = receipts.end();
        forget(connection, acknowledged, published);
        return new Swept(
            rows.size(),
            acknowledged.size(),
            rows.get(rows.size() - 1).id().number(),
            page.more(),
            look);
      } finally {
        endTransaction(connection);
      }
    } catch (SQLException e) {
      throw SqlTrouble.of("sweeping the outbox", e);
    }
  }

  private static void forget(
      Connection connection, List<OutboxId> acknowledged, Published published) throws SQLException {
    try {
      Outbox.forget(connection, acknowledged);
      connection.commit();
    } catch (SQLException e) {
      published.putBack(acknowledged);
      throw e;
    }
  }

  @Override
  public void forget(Collection<OutboxId> published) {
    try (Connection connection = open()) {
      try {
        Outbox.forget(connection, published);
        connection.commit();
      } finally {
        endTransaction(connection);
      }
    } catch (SQLException e) {
      throw SqlTrouble.of("forgetting %s published events".formatted(published.size()), e);
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

  @Override
  public List<Position> positions(Collection<String> topics) {
    try (Connection connection = dataSource.getConnection()) {
      return PositionTable.read(connection, topics);
    } catch (SQLException e) {
      throw SqlTrouble.of("reading the positions in %s topics".formatted(topics.size()), e);
    }
  }

  @Override
  public void forgetPositions(Collection<Position> positions) {
    try (Connection connection = open()) {
      try {
        PositionTable.delete(connection, positions);
        connection.commit();
      } finally {
        endTransaction(connection);
      }
    } catch (SQLException e) {
      throw SqlTrouble.of("forgetting %s positions".formatted(positions.size()), e);
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

  /** The database's time, by which deadlines are judged. */
  public static Instant now(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT clock_timestamp()")) {
      result.next();
      return result.getTimestamp(1).toInstant();
    }
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

  private boolean leads(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SWEEP_LOCK)) {
      statement.setString(1, longestPublishing.toMillis() + "ms");
      try (ResultSet result = statement.executeQuery()) {
        return result.next() && result.getBoolean(1);
      }
    }
  }
}
