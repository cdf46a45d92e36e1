// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.local.Database;
import dev.choreography.local.LocalPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** A service's tables in a database of its own, and the transaction that a test works in. */
public final class Inventory implements AutoCloseable {

  private static final AtomicInteger CREATED = new AtomicInteger();

  private final DataSource database;
  private final Connection transaction;

  private Inventory(DataSource database) throws SQLException {
    this.database = database;
    this.transaction = begin();
  }

  /** A new one, of what the service on the class path has. */
  public static Inventory create(LocalPostgres postgres, int size) throws SQLException {
    Database created = postgres.createDatabase("inventory_" + CREATED.incrementAndGet());
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(created.jdbcUrl());
    source.setUser(created.user());
    source.setPassword(created.password());
    ServiceDatabase.migrate(source, size);
    return new Inventory(source);
  }

  /** The service is started again, with another size. */
  public void migrateAgain(int size) {
    ServiceDatabase.migrate(database, size);
  }

  /** The database. */
  public DataSource database() {
    return database;
  }

  /** The transaction of the test. */
  public Connection transaction() {
    return transaction;
  }

  /** A saga whose handler works in the transaction of the test. */
  public Saga saga(String sagaId) {
    return new Saga(sagaId, transaction);
  }

  /** Another transaction. */
  public Connection begin() throws SQLException {
    Connection connection = database.getConnection();
    connection.setAutoCommit(false);
    return connection;
  }

  /** The first column of the only row. */
  public String ask(String sql, String parameter) throws SQLException {
    try (PreparedStatement statement = transaction.prepareStatement(sql)) {
      statement.setString(1, parameter);
      try (ResultSet row = statement.executeQuery()) {
        assertThat(row.next()).as(sql).isTrue();
        String value = row.getString(1);
        assertThat(row.next()).as(sql).isFalse();
        return value;
      }
    }
  }

  /** Executes a statement, in a transaction of its own; the number it returns, or 0. */
  public long execute(String sql) {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      if (!statement.execute(sql)) {
        return 0;
      }
      try (ResultSet row = statement.getResultSet()) {
        row.next();
        return row.getLong(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }

  /** Until another transaction waits for one that holds a row. */
  public void awaitLockWait() throws SQLException {
    String sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = ?";
    for (long end = System.nanoTime() + SECONDS.toNanos(10); System.nanoTime() < end; ) {
      if (!ask(sql, "transactionid").equals("0")) {
        return;
      }
      Thread.onSpinWait();
    }
    throw new AssertionError("nobody waits for a lock after 10 s");
  }

  @Override
  public void close() throws SQLException {
    transaction.close();
  }
}
