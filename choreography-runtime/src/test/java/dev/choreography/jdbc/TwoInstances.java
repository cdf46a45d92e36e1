// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.engine.Journal;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.Published;
import dev.choreography.jdbc.HeldJournal.Place;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.MemoryRelay;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Two instances of one participant, over one database, that meet at one journal row: the first is
 * held in its transaction until the second waits for a lock, or has gone through because there is
 * none. Every handler takes a seat, and gives it back when it is undone.
 */
final class TwoInstances implements AutoCloseable {

  private static final AtomicInteger SAGAS = new AtomicInteger();
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final HikariDataSource database;
  private final HeldJournal held;
  private final MemoryRelay relay = new MemoryRelay();
  private final Instance one;
  private final Instance other;
  private final ExecutorService threads = Executors.newFixedThreadPool(2);

  /**
   * How one step of one saga ended.
   *
   * @param state in the journal
   * @param heard in the journal
   * @param emitted the types and outcomes of the events
   * @param seats taken
   */
  record End(String state, long heard, List<String> emitted, int seats) {}

  TwoInstances(HikariDataSource database, Journal journal, Place place) {
    this.database = database;
    this.held = new HeldJournal(journal, place);
    this.one = instance(held);
    this.other = instance(journal);
  }

  static void createTable(HikariDataSource database) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.createStatement().execute("CREATE TABLE seats (saga_id text, step text)");
    }
  }

  private Instance instance(Journal journal) {
    return new Instance(
        journal,
        relay,
        new Published(),
        step ->
            new Scripted(
                step,
                (request, saga) -> {
                  seat("INSERT INTO seats VALUES (?, ?)", step, saga);
                  return Scripted.done(step, saga);
                },
                (completed, saga) ->
                    seat("DELETE FROM seats WHERE saga_id = ? AND step = ?", step, saga)),
        Sagas.CHAIN,
        Sagas.FORK,
        Sagas.JOIN);
  }

  private static void seat(String sql, Step step, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(sql)) {
      statement.setString(1, saga.sagaId());
      statement.setString(2, step.name());
      statement.executeUpdate();
    }
  }

  /** What comes of two events, the second handled when the first is done. */
  End oneAfterTheOther(
      Choreography choreography, Step step, @Nullable Signal before, Signal first, Signal second)
      throws Exception {
    held.release();
    String sagaId = sagaWith(choreography, before);
    one.handle(one.record(choreography, first, sagaId));
    other.handle(other.record(choreography, second, sagaId));
    return end(choreography, step, sagaId);
  }

  /** What comes of two events whose transactions are open at once. */
  End atOnce(
      Choreography choreography, Step step, @Nullable Signal before, Signal first, Signal second)
      throws Exception {
    held.release();
    String sagaId = sagaWith(choreography, before);
    held.hold();
    Future<?> holding = threads.submit(() -> one.handle(one.record(choreography, first, sagaId)));
    held.awaitReached();
    Future<?> meeting =
        threads.submit(() -> other.handle(other.record(choreography, second, sagaId)));
    try {
      Awaitility.await("the second transaction waits for the first, or has gone through")
          .atMost(PATIENCE)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .until(() -> meeting.isDone() || isAnyoneWaitingForALock());
    } finally {
      held.release();
    }
    holding.get();
    meeting.get();
    return end(choreography, step, sagaId);
  }

  private String sagaWith(Choreography choreography, @Nullable Signal before) {
    String sagaId = "saga-" + SAGAS.incrementAndGet();
    if (before != null) {
      one.handle(one.record(choreography, before, sagaId));
    }
    return sagaId;
  }

  private boolean isAnyoneWaitingForALock() throws SQLException {
    return !query(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        .isEmpty();
  }

  private End end(Choreography choreography, Step step, String sagaId) throws SQLException {
    List<String> row =
        query(
            "SELECT state, heard FROM choreography_journal WHERE choreography = ? AND saga_id = ? AND step = ?",
            choreography.name(),
            sagaId,
            step.name());
    List<String> seats =
        query("SELECT * FROM seats WHERE saga_id = ? AND step = ?", sagaId, step.name());
    List<String> topics =
        choreography.events().stream()
            .filter(
                type ->
                    type.equals(step.completed())
                        || type.equals(step.failed())
                        || type.equals(step.compensated()))
            .map(type -> type.topic())
            .toList();
    List<String> emitted =
        relay.of(sagaId).stream()
            .filter(event -> topics.contains(event.topic()))
            .map(TwoInstances::describe)
            .sorted()
            .toList();
    return new End(row.get(0), Long.parseLong(row.get(1)), emitted, seats.size() / 2);
  }

  private static String describe(OutboxEvent event) {
    String outcome = event.headers().get(EventHeaders.OUTCOME);
    return outcome == null ? event.topic() : event.topic() + " " + outcome;
  }

  /** All columns of all rows. */
  private List<String> query(String sql, String... parameters) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      List<String> found = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          for (int column = 1; column <= result.getMetaData().getColumnCount(); column++) {
            found.add(result.getString(column));
          }
        }
      }
      return found;
    }
  }

  @Override
  public void close() {
    held.release();
    threads.shutdownNow();
  }
}
