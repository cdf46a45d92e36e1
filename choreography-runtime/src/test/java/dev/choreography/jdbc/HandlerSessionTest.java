// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.Step;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Journal;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.Published;
import dev.choreography.engine.Trouble;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a handler does with its session is refused, or has no effect on whoever has it next: sagas
 * have their turn in the order of their ids.
 */
@ExtendWith(RealPrograms.class)
class HandlerSessionTest {

  private static final Step A = Sagas.CHAIN.step("a");
  private static final String SETTINGS =
      "SELECT concat_ws(' ', current_user, current_setting('search_path'), current_setting('role'), current_setting('statement_timeout'), current_setting('app.tenant', true), current_setting('application_name'))";

  private static Bookings bookings;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "handler_sessions");
    bookings.execute("CREATE SCHEMA aside");
    bookings.execute("CREATE PROCEDURE ending() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$");
    bookings.execute("CREATE TABLE paid (saga_id text PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
    bookings.execute("TRUNCATE paid");
  }

  /** What a handler does with its connection. */
  @FunctionalInterface
  interface Use {
    void of(Connection connection) throws SQLException;
  }

  static Stream<Arguments> refused() {
    return Stream.concat(
        Stream.of(
                "SET search_path = aside",
                "SET ROLE pg_monitor",
                "SET SESSION AUTHORIZATION DEFAULT",
                "SET statement_timeout = 1",
                "SET LOCAL client_encoding = 'LATIN1'",
                "RESET ALL",
                "DISCARD ALL",
                "DEALLOCATE ALL",
                "/* x */ COMMIT",
                "-- x\n COMMIT",
                "SELECT 1; COMMIT",
                "PREPARE TRANSACTION 'x'",
                "ROLLBACK TO SAVEPOINT choreography_attempt",
                "SAVEPOINT choreography_attempt",
                "RELEASE SAVEPOINT choreography_attempt",
                "ROLLBACK TO SAVEPOINT mine",
                "SELECT set_config('statement_timeout', '1', false)",
                "CALL ending()",
                "DO $$ BEGIN COMMIT; END $$")
            .map(sql -> Arguments.of(sql, (Use) connection -> execute(connection, sql))),
        Stream.of(
            Arguments.of("prepared", (Use) c -> c.prepareStatement("/**/COMMIT").execute()),
            Arguments.of("called", (Use) c -> c.prepareCall("CALL ending()").execute()),
            Arguments.of("in a batch", (Use) HandlerSessionTest::commitInABatch),
            Arguments.of("by way of a result", (Use) HandlerSessionTest::commitByWayOfAResult),
            Arguments.of("by way of its driver", (Use) c -> c.unwrap(driversConnection()).commit()),
            Arguments.of("setNetworkTimeout", (Use) c -> c.setNetworkTimeout(Runnable::run, 1)),
            Arguments.of(
                "setHoldability", (Use) c -> c.setHoldability(ResultSet.HOLD_CURSORS_OVER_COMMIT)),
            Arguments.of("setTypeMap", (Use) c -> c.setTypeMap(Map.of())),
            Arguments.of("setClientInfo", (Use) c -> c.setClientInfo("ApplicationName", "x")),
            Arguments.of("all client info", (Use) c -> c.setClientInfo(new Properties())),
            Arguments.of("setReadOnly", (Use) c -> c.setReadOnly(true)),
            Arguments.of("a savepoint of ours", (Use) c -> c.setSavepoint("choreography_x"))));
  }

  @SuppressWarnings("unchecked")
  private static Class<? extends Connection> driversConnection() {
    try {
      return (Class<? extends Connection>) Class.forName("org.postgresql.jdbc.PgConnection");
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void commitInABatch(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("SELECT 1");
      statement.addBatch("-- x\nCOMMIT");
      statement.executeBatch();
    }
  }

  private static void commitByWayOfAResult(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT 1")) {
      result.getStatement().getConnection().commit();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void who_would_harm_others_fails_alone(String name, Use use) throws SQLException {
    List<String> told = new ArrayList<>();
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              Bookings.take(saga, A);
              try {
                use.of(saga.connection());
              } catch (SQLException e) {
                told.add(String.valueOf(e.getMessage()));
                throw e;
              }
              return Scripted.done(A, saga);
            });
    Instance instance = instance(new JdbcJournal(bookings.database()));
    handle(instance, "before", "s", "t");
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings.seats()).containsExactly("before a 0", "t a 0");
    assertThat(told.get(0)).containsAnyOf("a handler called", "invalid transaction termination");
    assertThat(settings()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET LOCAL search_path = aside",
        "SET LOCAL ROLE %s",
        "SET LOCAL statement_timeout = '17s'",
        "SET LOCAL app.tenant = '42'",
        "SELECT set_config('app.tenant', '42', true)",
        "SET LOCAL search_path = aside; SET LOCAL ROLE %s; SET LOCAL app.tenant = '42'"
      })
  void what_it_sets_for_its_transaction_ends_with_its_call(String sql) throws SQLException {
    String itself = bookings.database().getUsername();
    for (Journal journal :
        List.of(
            new JdbcJournal(bookings.database()),
            new CarefulJournal(new JdbcJournal(bookings.database())))) {
      bookings.clear();
      List<String> before = new ArrayList<>();
      List<String> within = new ArrayList<>();
      List<String> later = new ArrayList<>();
      reading(before, "before");
      reading(later, "t");
      bookings
          .handler(A)
          .on(
              "s",
              (request, saga) -> {
                execute(saga.connection(), sql.formatted(itself));
                within.add(read(saga.connection(), SETTINGS));
                return Scripted.done(A, saga);
              });
      handle(instance(journal), "before", "s", "t");
      assertThat(within).as("it counts for the handler").doesNotContainAnyElementsOf(before);
      assertThat(trimmed(later)).isEqualTo(trimmed(before));
      assertThat(bookings.emitted("s")).containsExactly("completed_a");
      assertThat(settings()).hasSize(1);
    }
  }

  /** A setting of one's own is empty, and no longer missing, once it was set. */
  private static List<String> trimmed(List<String> settings) {
    return settings.stream().map(text -> text.replaceAll(" +", " ")).distinct().toList();
  }

  private static void reading(List<String> into, String sagaId) {
    bookings
        .handler(A)
        .on(
            sagaId,
            (request, saga) -> {
              into.add(read(saga.connection(), SETTINGS));
              return Scripted.done(A, saga);
            });
  }

  @Test
  void when_constraints_are_checked_is_its_own_affair() throws SQLException {
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              execute(saga.connection(), "SET CONSTRAINTS ALL IMMEDIATE");
              return Scripted.done(A, saga);
            });
    List<Integer> attempts = new ArrayList<>();
    bookings
        .handler(A)
        .on(
            "t",
            (request, saga) -> {
              attempts.add(saga.attempt());
              execute(saga.connection(), "INSERT INTO paid VALUES ('t'), ('u')");
              execute(saga.connection(), "INSERT INTO paid VALUES ('t')");
              execute(saga.connection(), "DELETE FROM paid WHERE saga_id = 't'");
              return Scripted.done(A, saga);
            });
    handle(instance(new JdbcJournal(bookings.database())), "s", "t");
    assertThat(attempts).as("as if it had come alone").containsOnly(1);
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
    assertThat(bookings.emitted("t")).containsExactly("completed_a");
  }

  @Test
  void a_savepoint_of_an_earlier_call_undoes_nothing() throws SQLException {
    AtomicReference<Savepoint> kept = new AtomicReference<>();
    bookings
        .handler(A)
        .on(
            "q",
            (request, saga) -> {
              kept.set(saga.connection().setSavepoint());
              execute(saga.connection(), "SAVEPOINT mine");
              return Scripted.done(A, saga);
            });
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              saga.connection().rollback(Objects.requireNonNull(kept.get()));
              return Scripted.done(A, saga);
            });
    handle(instance(new JdbcJournal(bookings.database())), "q", "r", "s");
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings.seats()).containsExactly("r a 0");
  }

  @Test
  void savepoints_of_its_own_and_the_drivers_interfaces_are_its_own() throws SQLException {
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              Connection connection = saga.connection();
              Savepoint savepoint = connection.setSavepoint();
              execute(connection, "DELETE FROM seats");
              connection.rollback(savepoint);
              connection.releaseSavepoint(savepoint);
              connection.rollback(connection.setSavepoint("mine"));
              assertThat(connection.isWrapperFor(org.postgresql.PGConnection.class)).isTrue();
              assertThat(connection.unwrap(org.postgresql.PGConnection.class).getBackendPID())
                  .isPositive();
              assertThat(connection.unwrap(Connection.class)).isEqualTo(connection);
              Bookings.take(saga, A);
              return Scripted.done(A, saga);
            });
    handle(instance(new JdbcJournal(bookings.database())), "before", "s");
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
    assertThat(bookings.seats()).containsExactly("before a 0", "s a 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"repeatable read", "serializable"})
  void whatever_is_the_default_of_the_role_it_is_read_committed_and_writes(String isolation)
      throws SQLException {
    String role = bookings.database().getUsername();
    bookings.execute(
        "ALTER ROLE %s SET default_transaction_isolation = '%s'".formatted(role, isolation));
    bookings.execute("ALTER ROLE %s SET default_transaction_read_only = on".formatted(role));
    bookings.database().getHikariPoolMXBean().softEvictConnections();
    try {
      List<String> found = new ArrayList<>();
      bookings
          .handler(A)
          .on(
              "s",
              (request, saga) -> {
                Bookings.take(saga, A);
                found.add(read(saga.connection(), "SHOW transaction_isolation"));
                return Scripted.done(A, saga);
              });
      JdbcJournal journal = new JdbcJournal(bookings.database());
      handle(instance(journal), "s");
      assertThat(found).containsExactly("read committed");
      assertThat(bookings.emitted("s")).containsExactly("completed_a");
      journal.forget(List.of(new OutboxId(0, 1)));
      assertThat(journal.purge(java.time.Instant.parse("2020-01-01T00:00:00Z"), 1)).isZero();
      assertThat(journal.sweep(bookings.relay(), new Published(), 0, 1).published()).isZero();
    } finally {
      try (Connection plain = plain()) {
        execute(plain, "SET default_transaction_read_only = off");
        execute(plain, "ALTER ROLE %s RESET ALL".formatted(role));
      }
      bookings.database().getHikariPoolMXBean().softEvictConnections();
    }
  }

  @Test
  void a_limit_that_the_abort_sets_is_taken_back_whatever_the_pool() throws SQLException {
    List<Connection> idle = Collections.synchronizedList(new ArrayList<>());
    try (Connection one = plain();
        Connection other = plain()) {
      idle.add(one);
      idle.add(other);
      one.setNetworkTimeout(Runnable::run, 60_000);
      other.setNetworkTimeout(Runnable::run, 60_000);
      Journal journal = new JdbcJournal(poolThatResetsNothing(idle));
      try (Journal.Transaction transaction = journal.begin(Journal.Scope.BATCH)) {
        assertThat(transaction.now()).isNotNull();
        transaction.abort();
        assertThatThrownBy(transaction::commit).isInstanceOf(Trouble.class);
      }
      Connection used = one.isClosed() ? other : one;
      assertThat(used.isClosed()).isFalse();
      assertThat(used.getNetworkTimeout()).isEqualTo(60_000);
    }
  }

  /** It takes connections as they come back. */
  private static DataSource poolThatResetsNothing(List<Connection> idle) {
    return (DataSource)
        Proxy.newProxyInstance(
            HandlerSessionTest.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> {
              Connection taken = idle.remove(0);
              return Proxy.newProxyInstance(
                  HandlerSessionTest.class.getClassLoader(),
                  new Class<?>[] {Connection.class},
                  (self, called, given) -> {
                    if (called.getName().equals("close")) {
                      idle.add(taken);
                      return null;
                    }
                    try {
                      return called.invoke(taken, given);
                    } catch (InvocationTargetException e) {
                      throw e.getCause();
                    }
                  });
            });
  }

  private static Connection plain() throws SQLException {
    return DriverManager.getConnection(
        bookings.database().getJdbcUrl(),
        bookings.database().getUsername(),
        bookings.database().getPassword());
  }

  /** The settings of all connections of the pool. */
  private static List<String> settings() throws SQLException {
    List<Connection> all = new ArrayList<>();
    List<String> settings = new ArrayList<>();
    try {
      for (int i = 0; i < bookings.database().getMaximumPoolSize(); i++) {
        all.add(bookings.database().getConnection());
        settings.add(read(all.get(i), SETTINGS));
      }
    } finally {
      for (Connection connection : all) {
        connection.close();
      }
    }
    return trimmed(settings);
  }

  private static String read(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet result = statement.executeQuery()) {
      result.next();
      return result.getString(1);
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static Instance instance(Journal journal) {
    return bookings.instance(
        journal, Instance.options(3, Duration.ZERO), Clock.fixed(Instance.NOW, ZoneOffset.UTC));
  }

  private static void handle(Instance instance, String... sagas) {
    assertThat(
            instance.handle(
                Stream.of(sagas)
                    .map(saga -> instance.record(Sagas.CHAIN, Signal.STARTED, saga))
                    .toArray(Incoming[]::new)))
        .isEmpty();
    instance.wake();
  }
}
