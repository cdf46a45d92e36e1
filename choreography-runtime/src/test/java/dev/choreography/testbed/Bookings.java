// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.StepOptions;
import dev.choreography.engine.Journal;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.Published;
import dev.choreography.engine.Tracing;
import dev.choreography.jdbc.CarefulJournal;
import dev.choreography.jdbc.ClockedJournal;
import dev.choreography.jdbc.JdbcJournal;
import dev.choreography.jdbc.Migrations;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A database in which each step of a saga takes a seat, gives it back when it is undone, and marks
 * it when it is confirmed; and instances over it, whose handlers can be told otherwise.
 */
public final class Bookings implements AutoCloseable {

  private final HikariDataSource database;
  private final Map<String, Scripted> handlers = new ConcurrentHashMap<>();
  private MemoryRelay relay = new MemoryRelay();
  private Tracing tracing = Tracing.PASSED_ON;

  private Bookings(HikariDataSource database) {
    this.database = database;
  }

  /** A new database of this name. */
  public static Bookings create(LocalEnvironment environment, String name) throws SQLException {
    Bookings bookings = new Bookings(RealPrograms.pool(environment.createDatabase(name)));
    Migrations.apply(bookings.database);
    bookings.execute(
        "CREATE TABLE seats (saga_id text, step text, confirmed int NOT NULL DEFAULT 0, UNIQUE (saga_id, step))");
    return bookings;
  }

  /** Empties it, and forgets what handlers were told. */
  public void clear() throws SQLException {
    execute("TRUNCATE seats, choreography_journal, choreography_outbox, choreography_position");
    handlers.clear();
    relay = new MemoryRelay();
    tracing = Tracing.PASSED_ON;
  }

  /** Instances made from now on are traced by this. */
  public void tracedBy(Tracing told) {
    tracing = told;
  }

  /** What was published since it was cleared. */
  public MemoryRelay relay() {
    return relay;
  }

  /** An instance with {@link Instance#OPTIONS}, at {@link Instance#NOW}. */
  public Instance instance() {
    return instance(Instance.OPTIONS);
  }

  /** An instance with these options. */
  public Instance instance(StepOptions options) {
    return instance(options, Clock.fixed(Instance.NOW, ZoneOffset.UTC));
  }

  /** An instance with these options and this clock. */
  public Instance instance(StepOptions options, Clock clock) {
    return instance(new CarefulJournal(new JdbcJournal(database)), options, clock);
  }

  /** An instance whose database and process have these clocks. */
  public Instance instance(StepOptions options, Clock ofDatabase, Clock own) {
    return instance(
        new ClockedJournal(new CarefulJournal(new JdbcJournal(database)), ofDatabase),
        options,
        own);
  }

  /** An instance over this journal. */
  public Instance instance(Journal journal, StepOptions options, Clock clock) {
    return new Instance(
        journal,
        relay,
        new Published(),
        this::handler,
        options,
        clock,
        tracing,
        List.of(Sagas.CHAIN, Sagas.FORK, Sagas.JOIN));
  }

  /** The connections to it. */
  public HikariDataSource database() {
    return database;
  }

  /** What handles a step. */
  public Scripted handler(Step step) {
    return handlers.computeIfAbsent(step.name(), name -> takingASeat(step));
  }

  /** What handles the step of the chain. */
  public Scripted handler(String step) {
    return handler(Sagas.CHAIN.step(step));
  }

  private static Scripted takingASeat(Step step) {
    Scripted handler =
        new Scripted(
            step,
            (request, saga) -> {
              take(saga, step);
              return Scripted.done(step, saga);
            },
            (completed, saga) -> giveBack(saga, step));
    handler.confirming((completed, saga) -> confirm(saga, step));
    return handler;
  }

  /** Takes the seat. */
  public static void take(StepContext saga, Step step) throws SQLException {
    execute(saga, "INSERT INTO seats (saga_id, step) VALUES (?, ?)", step);
  }

  /** Gives the seat back. */
  public static void giveBack(StepContext saga, Step step) throws SQLException {
    execute(saga, "DELETE FROM seats WHERE saga_id = ? AND step = ?", step);
  }

  /** Marks the seat. */
  public static void confirm(StepContext saga, Step step) throws SQLException {
    execute(
        saga, "UPDATE seats SET confirmed = confirmed + 1 WHERE saga_id = ? AND step = ?", step);
  }

  /** Meets an error with this SQLSTATE on the handler's own connection. */
  public static void raise(StepContext saga, String sqlState) throws SQLException {
    try (Statement statement = saga.connection().createStatement()) {
      statement.execute(
          "DO $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '%s'; END $$".formatted(sqlState));
    }
  }

  private static void execute(StepContext saga, String sql, Step step) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(sql)) {
      statement.setString(1, saga.sagaId());
      statement.setString(2, step.name());
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException("there is no such seat");
      }
    }
  }

  /** The seats taken, {@code saga step times-confirmed}. */
  public List<String> seats() throws SQLException {
    return query("SELECT saga_id || ' ' || step || ' ' || confirmed FROM seats ORDER BY 1");
  }

  /** Where a step stands; "none" where there is no row. */
  public String state(Choreography choreography, String sagaId, String step) throws SQLException {
    List<String> found =
        query(
            "SELECT state FROM choreography_journal WHERE choreography = '%s' AND saga_id = '%s' AND step = '%s'"
                .formatted(choreography.name(), sagaId, step));
    return found.isEmpty() ? "none" : found.get(0);
  }

  /** Where a step of the chain stands. */
  public String state(String sagaId, String step) throws SQLException {
    return state(Sagas.CHAIN, sagaId, step);
  }

  /** Makes everything due that was set aside. */
  public void makeDue() throws SQLException {
    execute("UPDATE choreography_journal SET due = now() - interval '1 s' WHERE due IS NOT NULL");
  }

  /** What a saga emitted: topics, and outcomes where there are any. */
  public List<String> emitted(String sagaId) {
    return relay.of(sagaId).stream()
        .map(
            event -> {
              String outcome = event.headers().get(EventHeaders.OUTCOME);
              return outcome == null ? event.topic() : event.topic() + " " + outcome;
            })
        .toList();
  }

  /** The last event of a saga. */
  public OutboxEvent lastOf(String sagaId) {
    List<OutboxEvent> events = relay.of(sagaId);
    return events.get(events.size() - 1);
  }

  /** Executes a statement. */
  public void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The first column of all rows. */
  public List<String> query(String sql) throws SQLException {
    return RealPrograms.query(database, sql);
  }

  @Override
  public void close() {
    database.close();
  }
}
