// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.BatchStepHandler;
import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Published;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.sql.Statement;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A handler's second database is away, or its service: that is the handler's error, whatever the
 * exception looks like. Trouble of the transaction's own connection is not.
 */
@ExtendWith(RealPrograms.class)
class ForeignTroubleTest {

  private static final Step A = Sagas.CHAIN.step("a");

  private static Bookings bookings;

  private final List<Integer> attempts = new ArrayList<>();
  private Instance instance;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "foreign_trouble");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    bookings.clear();
    instance =
        bookings.instance(
            new JdbcJournal(bookings.database()),
            Instance.OPTIONS,
            Clock.fixed(Instance.NOW, ZoneOffset.UTC));
  }

  /** Something that a handler does beside its own transaction. */
  @FunctionalInterface
  interface Elsewhere {
    void call() throws Exception;
  }

  static Stream<Arguments> away() {
    return Stream.of(
        Arguments.of("nobody listens", (Elsewhere) ForeignTroubleTest::connectToNobody),
        Arguments.of("its backend is ended", (Elsewhere) ForeignTroubleTest::endAnother),
        Arguments.of("its statement is cancelled", (Elsewhere) ForeignTroubleTest::cancelAnother),
        Arguments.of("its pool is used up", (Elsewhere) ForeignTroubleTest::useUpAPool),
        Arguments.of("40001", throwing(new SQLException("busy", "40001"))),
        Arguments.of("53200", throwing(new SQLException("full", "53200"))),
        Arguments.of("58030", throwing(new SQLException("broken disk", "58030"))),
        Arguments.of("XX000", throwing(new SQLException("bug", "XX000"))),
        Arguments.of("wrapped", throwing(new IllegalStateException(new SQLException("", "08006")))),
        Arguments.of("a circle of causes", throwing(circle())),
        Arguments.of("no state", throwing(new SQLTransientException("later, perhaps"))));
  }

  private static Elsewhere throwing(Exception thrown) {
    return () -> {
      throw thrown;
    };
  }

  private static Exception circle() {
    Exception one = new IllegalStateException("one");
    Exception other = new IllegalStateException("other", one);
    one.initCause(other);
    return one;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("away")
  void it_is_an_attempt_of_its_saga_alone(String name, Elsewhere elsewhere) throws SQLException {
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              Bookings.take(saga, A);
              attempts.add(saga.attempt());
              elsewhere.call();
              return Scripted.done(A, saga);
            });
    handle(Signal.STARTED, "before", "s", "t");
    assertThat(attempts).endsWith(1, 2, 3).containsOnly(1, 2, 3);
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings.seats()).containsExactly("before a 0", "t a 0");
  }

  @Test
  void what_compensates_and_confirms_is_parked() throws SQLException {
    handle(Signal.STARTED, "s", "t", "u", "v");
    bookings
        .handler(A)
        .undoing(
            "s",
            (completed, saga) -> {
              Bookings.giveBack(saga, A);
              connectToNobody();
            });
    bookings.handler(A).confirming("t", (completed, saga) -> connectToNobody());
    handle(Signal.failed(1), "s", "u");
    handle(Signal.completed(2), "t", "v");
    assertThat(bookings.state("s", "a")).isEqualTo("PARKED");
    assertThat(bookings.state("t", "a")).isEqualTo("PARKED");
    assertThat(bookings.state("u", "a")).isEqualTo("COMPENSATED");
    assertThat(bookings.state("v", "a")).isEqualTo("CONFIRMED");
    assertThat(bookings.seats()).contains("s a 0");
  }

  @Test
  void a_batch_handlers_service_is_asked_for_each_saga_alone() throws SQLException {
    BatchStepHandler<SpecificRecord, SpecificRecord> handler =
        new BatchStepHandler<>() {
          @Override
          public List<Outcome> executeAll(List<Request<SpecificRecord>> requests)
              throws SQLException {
            List<Outcome> outcomes = new ArrayList<>();
            for (Request<SpecificRecord> request : requests) {
              Bookings.take(request.saga(), A);
              outcomes.add(Scripted.done(A, request.saga()));
            }
            if (requests.stream().anyMatch(request -> request.saga().sagaId().equals("s"))) {
              connectToNobody();
            }
            return outcomes;
          }

          @Override
          public SpecificRecord compensate(SpecificRecord completed, StepContext saga) {
            throw new IllegalStateException("nothing is undone here");
          }
        };
    instance =
        new Instance(
            new JdbcJournal(bookings.database()),
            bookings.relay(),
            new Published(),
            step -> step.name().equals("a") ? handler : bookings.handler(step),
            Sagas.CHAIN);
    handle(Signal.STARTED, "before", "s", "t");
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings.seats()).containsExactly("before a 0", "t a 0");
  }

  /** What a handler does with its own connection, once. */
  @FunctionalInterface
  interface Own {
    void use(Connection connection) throws Exception;
  }

  static Stream<Arguments> own() {
    return Stream.of(
        Arguments.of("a deadlock", (Own) connection -> raise(connection, "40P01")),
        Arguments.of("an internal error", (Own) connection -> raise(connection, "XX000")),
        Arguments.of("an I/O error", (Own) connection -> raise(connection, "58030")),
        Arguments.of("wrapped", (Own) ForeignTroubleTest::wrapped),
        Arguments.of("told without its cause", (Own) ForeignTroubleTest::toldWithoutCause),
        Arguments.of("swallowed", (Own) ForeignTroubleTest::swallowed),
        Arguments.of("in a batch of statements", (Own) ForeignTroubleTest::inABatch),
        Arguments.of("while reading a result", (Own) ForeignTroubleTest::whileReading),
        Arguments.of("not seen", (Own) ForeignTroubleTest::notSeen),
        Arguments.of("a lost connection", (Own) ForeignTroubleTest::lose),
        Arguments.of(
            "a lost connection that another error hides",
            (Own)
                connection -> {
                  try {
                    lose(connection);
                  } catch (SQLException e) {
                    throw new IllegalStateException("no seat for you");
                  }
                }));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("own")
  void trouble_of_its_own_connection_is_no_attempt(String name, Own own) throws SQLException {
    List<Integer> met = new ArrayList<>();
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              Bookings.take(saga, A);
              met.add(saga.attempt());
              if (met.size() == 1) {
                own.use(saga.connection());
              }
              return Scripted.done(A, saga);
            });
    handle(Signal.STARTED, "before", "s", "t");
    assertThat(met).containsExactly(1, 1);
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
    assertThat(bookings.seats()).containsExactly("before a 0", "s a 0", "t a 0");
  }

  @Test
  void what_a_handler_undoes_to_its_own_savepoint_is_its_own_affair() throws SQLException {
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              attempts.add(saga.attempt());
              Bookings.take(saga, A);
              execute(saga.connection(), "SAVEPOINT mine");
              try {
                raise(saga.connection(), "55P03");
              } catch (SQLException locked) {
                execute(saga.connection(), "ROLLBACK TO SAVEPOINT mine");
              }
              return Scripted.done(A, saga);
            });
    handle(Signal.STARTED, "s", "t");
    assertThat(attempts).containsExactly(1);
    assertThat(bookings.seats()).containsExactly("s a 0", "t a 0");
  }

  private static void wrapped(Connection connection) {
    try {
      raise(connection, "40001");
    } catch (SQLException e) {
      throw new IllegalStateException(new RuntimeException("as Spring does", e));
    }
  }

  private static void toldWithoutCause(Connection connection) {
    try {
      raise(connection, "40001");
    } catch (SQLException e) {
      throw new IllegalStateException("something went wrong");
    }
  }

  private static void swallowed(Connection connection) {
    try {
      raise(connection, "40001");
    } catch (SQLException e) {
      assertThat(e.getMessage()).contains("trouble");
    }
  }

  private static void inABatch(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("SELECT 1");
      statement.addBatch("DO $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '40001'; END $$");
      statement.executeBatch();
    }
  }

  /** The second row is asked for when the first one has been read. */
  private static void whileReading(Connection connection) throws SQLException {
    execute(
        connection,
        "CREATE FUNCTION pg_temp.late(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF n > 1 THEN RAISE EXCEPTION 'trouble' USING ERRCODE = '40001'; END IF; RETURN n; END $$");
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(1);
      var rows = statement.executeQuery("SELECT pg_temp.late(n) FROM generate_series(1, 2) AS n");
      while (rows.next()) {
        assertThat(rows.getInt(1)).isEqualTo(1);
      }
    }
  }

  /** Some of the driver's classes know the connection without its guard. */
  private static void notSeen(Connection connection) throws SQLException, IOException {
    execute(
        connection,
        "CREATE FUNCTION pg_temp.never() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '40001'; END $$");
    connection
        .unwrap(org.postgresql.PGConnection.class)
        .getCopyAPI()
        .copyOut("COPY (SELECT pg_temp.never()) TO STDOUT", OutputStream.nullOutputStream());
  }

  private static void lose(Connection connection) throws SQLException {
    execute(connection, "SELECT pg_terminate_backend(pg_backend_pid())");
  }

  private static void connectToNobody() throws SQLException {
    DriverManager.getConnection("jdbc:postgresql://127.0.0.1:1/nobody").close();
  }

  private static Connection another() throws SQLException {
    return DriverManager.getConnection(
        bookings.database().getJdbcUrl(),
        bookings.database().getUsername(),
        bookings.database().getPassword());
  }

  private static void endAnother() throws SQLException {
    try (Connection other = another()) {
      lose(other);
    }
  }

  private static void cancelAnother() throws SQLException {
    try (Connection other = another()) {
      execute(other, "SET statement_timeout = 1");
      execute(other, "SELECT pg_sleep(60)");
    }
  }

  private static void useUpAPool() throws SQLException {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(bookings.database().getJdbcUrl());
    config.setUsername(bookings.database().getUsername());
    config.setPassword(bookings.database().getPassword());
    config.setMaximumPoolSize(1);
    config.setConnectionTimeout(1_000);
    try (HikariDataSource pool = new HikariDataSource(config);
        Connection all = pool.getConnection()) {
      assertThat(all.isClosed()).isFalse();
      pool.getConnection().close();
    }
  }

  private static void raise(Connection connection, String sqlState) throws SQLException {
    execute(
        connection,
        "DO $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '%s'; END $$".formatted(sqlState));
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void handle(Signal signal, String... sagas) {
    assertThat(
            instance.handle(
                Stream.of(sagas)
                    .map(saga -> instance.record(Sagas.CHAIN, signal, saga))
                    .toArray(Incoming[]::new)))
        .isEmpty();
    instance.wake();
  }
}
