// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.Published;
import dev.choreography.engine.Trouble;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.MemoryCodec;
import dev.choreography.testbed.MemoryRelay;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.CompletedB;
import dev.choreography.testevents.CompletedC;
import dev.choreography.testevents.Started;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of the records of a batch, where handlers write to a table of their own. */
@ExtendWith(RealPrograms.class)
class IntakeTest {

  private static final Signal COMPLETED_A = Signal.completed(0);
  private static final Signal FAILED_B = Signal.failed(1);
  private static final Signal COMPLETED_B = Signal.completed(1);

  private static HikariDataSource database;

  private final MemoryRelay relay = new MemoryRelay();
  private final Map<String, Scripted> handlers = new HashMap<>();
  private Instance instance;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    database = RealPrograms.pool(environment.createDatabase("intake"));
    Migrations.apply(database);
    execute("CREATE TABLE bookings (saga_id text, step text, note text, UNIQUE (saga_id, step))");
  }

  @AfterAll
  static void close() {
    database.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    execute("TRUNCATE bookings, choreography_journal, choreography_outbox, choreography_position");
    instance = instance();
  }

  private Instance instance() {
    return new Instance(
        new JdbcJournal(database),
        relay,
        new Published(),
        step ->
            handlers.computeIfAbsent(
                step.completed().topic(),
                topic ->
                    new Scripted(
                        step,
                        (request, saga) -> {
                          book(saga, step, "booked");
                          return Scripted.done(step, saga);
                        },
                        (completed, saga) -> unbook(saga, step))),
        Sagas.CHAIN,
        Sagas.FORK,
        Sagas.JOIN);
  }

  @Test
  void a_duplicate_changes_nothing_within_a_batch() throws SQLException {
    Incoming start = chain(Signal.STARTED, "s");
    handle(start, start, chain(Signal.STARTED, "s"));
    assertThat(bookings()).containsExactly("s a booked");
    assertThat(emitted("s")).containsExactly("completed_a");
  }

  @Test
  void a_duplicate_changes_nothing_in_another_batch_at_another_instance() throws SQLException {
    handle(chain(Signal.STARTED, "s"));
    String before = row("s", "a");
    assertThat(handle(chain(Signal.STARTED, "s"))).isEmpty();
    assertThat(instance().handle(chain(Signal.STARTED, "s"))).isEmpty();
    assertThat(bookings()).containsExactly("s a booked");
    assertThat(emitted("s")).containsExactly("completed_a");
    assertThat(row("s", "a")).isEqualTo(before);
  }

  @Test
  void what_is_undone_once_is_not_undone_again() throws SQLException {
    handle(chain(Signal.STARTED, "s"));
    handle(chain(FAILED_B, "s"));
    handle(chain(FAILED_B, "s"), chain(Signal.STARTED, "s"));
    assertThat(state("s", "a")).isEqualTo("COMPENSATED");
    assertThat(bookings()).isEmpty();
    assertThat(emitted("s")).containsExactly("completed_a", "compensated_a compensated");
  }

  @Test
  void a_rejected_handlers_writes_are_undone_and_its_neighbours_stand() throws SQLException {
    Step a = Sagas.CHAIN.step("a");
    a().on(
            "full",
            (request, saga) -> {
              book(saga, a, "too much");
              return Scripted.rejected(a, saga);
            });
    handle(
        chain(Signal.STARTED, "before"),
        chain(Signal.STARTED, "full"),
        chain(Signal.STARTED, "later"));
    assertThat(bookings()).containsExactly("before a booked", "later a booked");
    assertThat(emitted("full")).containsExactly("failed_a rejected");
    assertThat(state("full", "a")).isEqualTo("FAILED");
  }

  @Test
  void a_handler_that_throws_twice_completes_and_leaves_the_writes_of_the_third_call()
      throws SQLException {
    Step a = Sagas.CHAIN.step("a");
    a().on(
            "s",
            (request, saga) -> {
              book(saga, a, "attempt " + saga.attempt());
              if (saga.attempt() < 3) {
                throw new IllegalStateException("not yet");
              }
              return Scripted.done(a, saga);
            });
    handle(chain(Signal.STARTED, "s"));
    assertThat(bookings()).containsExactly("s a attempt 3");
    assertThat(emitted("s")).containsExactly("completed_a");
  }

  @Test
  void a_handler_that_always_throws_fails_its_saga_alone_and_says_why() throws Exception {
    Step a = Sagas.CHAIN.step("a");
    a().on(
            "s",
            (request, saga) -> {
              book(saga, a, "half");
              throw new IllegalStateException("the printer is out of paper");
            });
    handle(chain(Signal.STARTED, "s"), chain(Signal.STARTED, "neighbour"));
    assertThat(bookings()).containsExactly("neighbour a booked");
    assertThat(emitted("s")).containsExactly("failed_a exhausted");
    assertThat(reason(relay.of("s").get(0))).contains("3 attempts", "out of paper");
    assertThat(row("s", "a")).contains("FAILED", "out of paper");
  }

  @Test
  void an_error_with_a_long_message_fails_its_saga_alone() throws Exception {
    a().on(
            "s",
            (request, saga) -> {
              throw new IllegalStateException("much to say ".repeat(200_000));
            });
    handle(chain(Signal.STARTED, "s"), chain(Signal.STARTED, "neighbour"));
    assertThat(emitted("s")).containsExactly("failed_a exhausted");
    assertThat(reason(relay.of("s").get(0))).contains("much to say").hasSizeLessThan(10_000);
    assertThat(emitted("neighbour")).containsExactly("completed_a");
  }

  @Test
  void a_compensation_that_always_throws_is_parked_and_the_others_go_on() throws SQLException {
    handle(chain(Signal.STARTED, "s"), chain(Signal.STARTED, "neighbour"));
    Step a = Sagas.CHAIN.step("a");
    a().undoing(
            "s",
            (completed, saga) -> {
              unbook(saga, a);
              throw new IllegalStateException("the money is gone");
            });
    handle(chain(FAILED_B, "s"), chain(FAILED_B, "neighbour"));
    assertThat(row("s", "a")).contains("PARKED", "the money is gone");
    assertThat(query("SELECT parked FROM choreography_journal WHERE saga_id = 's'"))
        .containsExactly("1");
    assertThat(emitted("s")).containsExactly("completed_a", "chain_control");
    assertThat(state("neighbour", "a")).isEqualTo("COMPENSATED");
    assertThat(bookings()).containsExactly("s a booked");
  }

  @Test
  void trouble_of_the_infrastructure_is_no_attempt_and_the_batch_is_done_again()
      throws SQLException {
    Step a = Sagas.CHAIN.step("a");
    List<Integer> attempts = new ArrayList<>();
    a().on(
            "s",
            (request, saga) -> {
              attempts.add(saga.attempt());
              book(saga, a, "booked");
              if (attempts.size() == 1) {
                raise(saga, "40P01");
              }
              return Scripted.done(a, saga);
            });
    handle(chain(Signal.STARTED, "before"), chain(Signal.STARTED, "s"), chain(Signal.STARTED, "t"));
    assertThat(attempts).containsExactly(1, 1);
    assertThat(bookings()).containsExactly("before a booked", "s a booked", "t a booked");
    assertThat(relay.published()).hasSize(3);
  }

  @ParameterizedTest
  @MethodSource("troubles")
  void trouble_that_stays_is_told_and_neither_attempt_nor_rejection(String sqlState)
      throws SQLException {
    Step a = Sagas.CHAIN.step("a");
    AtomicInteger calls = new AtomicInteger();
    a().on(
            "s",
            (request, saga) -> {
              calls.incrementAndGet();
              raise(saga, sqlState);
              return Scripted.done(a, saga);
            });
    assertThatThrownBy(() -> handle(chain(Signal.STARTED, "s"), chain(Signal.STARTED, "t")))
        .isInstanceOf(Trouble.class);
    assertThat(calls).hasValue(3);
    assertThat(emitted("s")).isEmpty();
    assertThat(query("SELECT * FROM choreography_journal WHERE saga_id = 's'")).isEmpty();
    assertThat(emitted("t")).as("the others are done one by one").containsExactly("completed_a");
    a().on("s", (request, saga) -> Scripted.done(a, saga));
    handle(chain(Signal.STARTED, "s"), chain(Signal.STARTED, "t"));
    assertThat(emitted("s")).containsExactly("completed_a");
    assertThat(emitted("t")).containsExactly("completed_a");
  }

  static Stream<String> troubles() {
    return Stream.of("40001", "40P01", "08006", "53300", "57P01");
  }

  @Test
  void a_connection_that_breaks_in_a_batch_costs_nothing_but_time() throws SQLException {
    Step a = Sagas.CHAIN.step("a");
    AtomicInteger calls = new AtomicInteger();
    a().on(
            "s",
            (request, saga) -> {
              book(saga, a, "booked");
              if (calls.incrementAndGet() == 1) {
                execute(saga.connection(), "SELECT pg_terminate_backend(pg_backend_pid())");
              }
              return Scripted.done(a, saga);
            });
    handle(chain(Signal.STARTED, "before"), chain(Signal.STARTED, "s"));
    assertThat(calls).hasValue(2);
    assertThat(bookings()).containsExactly("before a booked", "s a booked");
    assertThat(relay.published()).hasSize(2);
  }

  @Test
  void two_batches_that_deadlock_over_rows_of_the_handlers_are_both_done() throws Exception {
    execute("INSERT INTO bookings VALUES ('hot 1', '', ''), ('hot 2', '', '')");
    Step a = Sagas.CHAIN.step("a");
    CyclicBarrier barrier = new CyclicBarrier(2);
    AtomicInteger calls = new AtomicInteger();
    Map<String, List<String>> hot =
        Map.of("s", List.of("hot 1", "hot 2"), "t", List.of("hot 2", "hot 1"));
    for (String id : hot.keySet()) {
      a().on(
              id,
              (request, saga) -> {
                String update = "UPDATE bookings SET note = note || '+' WHERE saga_id = '%s'";
                execute(saga.connection(), update.formatted(hot.get(id).get(0)));
                if (calls.incrementAndGet() <= 2) {
                  barrier.await();
                }
                execute(saga.connection(), update.formatted(hot.get(id).get(1)));
                return Scripted.done(a, saga);
              });
    }
    Instance other = instance();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<?> meeting = thread.submit(() -> other.handle(chain(Signal.STARTED, "t")));
      handle(chain(Signal.STARTED, "s"));
      meeting.get();
    } finally {
      thread.shutdownNow();
    }
    assertThat(query("SELECT note FROM bookings ORDER BY saga_id")).containsExactly("++", "++");
    assertThat(emitted("s")).containsExactly("completed_a");
    assertThat(emitted("t")).containsExactly("completed_a");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusedCalls")
  void a_handler_that_would_end_the_transaction_fails_alone(String name, Use use)
      throws SQLException {
    Step a = Sagas.CHAIN.step("a");
    a().on(
            "s",
            (request, saga) -> {
              book(saga, a, "booked");
              use.of(saga.connection());
              return Scripted.done(a, saga);
            });
    handle(chain(Signal.STARTED, "before"), chain(Signal.STARTED, "s"), chain(Signal.STARTED, "t"));
    assertThat(emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings()).containsExactly("before a booked", "t a booked");
  }

  /** What a handler does with its connection. */
  @FunctionalInterface
  interface Use {
    void of(Connection connection) throws SQLException;
  }

  static Stream<Arguments> refusedCalls() {
    return Stream.of(
        Arguments.of("commit", (Use) Connection::commit),
        Arguments.of("rollback", (Use) Connection::rollback),
        Arguments.of("close", (Use) Connection::close),
        Arguments.of("setAutoCommit", (Use) connection -> connection.setAutoCommit(true)),
        Arguments.of("COMMIT", (Use) connection -> execute(connection, " Commit;")),
        Arguments.of("ROLLBACK", (Use) connection -> execute(connection, "ROLLBACK")),
        Arguments.of(
            "a prepared END", (Use) connection -> connection.prepareStatement("END").execute()),
        Arguments.of("a statement's connection", (Use) IntakeTest::commitBehindTheBack));
  }

  private static void commitBehindTheBack(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.getConnection().commit();
    }
  }

  @Test
  void a_handler_may_undo_to_a_savepoint_of_its_own() throws SQLException {
    Step a = Sagas.CHAIN.step("a");
    a().on(
            "s",
            (request, saga) -> {
              book(saga, a, "booked");
              execute(saga.connection(), "SAVEPOINT mine");
              execute(saga.connection(), "DELETE FROM bookings");
              execute(saga.connection(), "ROLLBACK TO SAVEPOINT mine");
              return Scripted.done(a, saga);
            });
    handle(chain(Signal.STARTED, "s"), chain(Signal.STARTED, "t"));
    assertThat(bookings()).containsExactly("s a booked", "t a booked");
  }

  @Test
  void a_handler_that_swallows_an_sql_error_fails_alone() throws SQLException {
    Step a = Sagas.CHAIN.step("a");
    a().on(
            "s",
            (request, saga) -> {
              book(saga, a, "booked");
              try {
                execute(saga.connection(), "SELECT 1/0");
              } catch (SQLException e) {
                // As a careless author would.
              }
              return Scripted.done(a, saga);
            });
    handle(chain(Signal.STARTED, "before"), chain(Signal.STARTED, "s"), chain(Signal.STARTED, "t"));
    assertThat(emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings()).containsExactly("before a booked", "t a booked");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongAnswers")
  void a_handler_that_answers_wrongly_fails_alone(String name, Answer answer) throws SQLException {
    Step a = Sagas.CHAIN.step("a");
    a().on(
            "s",
            (request, saga) -> {
              book(saga, a, "booked");
              return answer.get();
            });
    handle(chain(Signal.STARTED, "s"), chain(Signal.STARTED, "t"));
    assertThat(emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings()).containsExactly("t a booked");
  }

  /** What a handler returns. */
  @FunctionalInterface
  interface Answer {
    Outcome get() throws Exception;
  }

  @SuppressWarnings("NullAway") // as an author without NullAway might
  static Stream<Arguments> wrongAnswers() {
    return Stream.of(
        Arguments.of(
            "another saga's event",
            (Answer) () -> Outcome.completed(new CompletedA("another", "done"))),
        Arguments.of(
            "another step's event", (Answer) () -> Outcome.completed(new CompletedB("s", "done"))),
        Arguments.of(
            "a completed event as rejected",
            (Answer) () -> Outcome.rejected(new CompletedA("s", "done"))),
        Arguments.of(
            "an event without its result",
            (Answer) () -> Outcome.completed(Sagas.event(CompletedA.class, "s", null))),
        Arguments.of("no event", (Answer) () -> Outcome.completed(null)),
        Arguments.of("no outcome", (Answer) () -> null),
        Arguments.of(
            "an error of Java's",
            (Answer)
                () -> {
                  throw new StackOverflowError();
                }));
  }

  @Test
  void a_join_runs_once_when_all_have_arrived_and_knows_them_all() throws SQLException {
    Step c = Sagas.JOIN.step("c");
    List<String> results = new ArrayList<>();
    handler(c)
        .on(
            "s",
            (request, saga) -> {
              results.add(((CompletedA) request).getResult());
              results.add(saga.event(CompletedA.class).getResult());
              results.add(saga.event(CompletedB.class).getResult());
              return Scripted.done(c, saga);
            });
    handle(event(Sagas.JOIN, new CompletedB("s", "room 7")));
    assertThat(state("s", "c")).isEqualTo("WAITING");
    assertThat(emitted("s")).isEmpty();
    instance().handle(event(Sagas.JOIN, new CompletedA("s", "seat 1")));
    assertThat(results).containsExactly("seat 1", "seat 1", "room 7");
    assertThat(emitted("s")).containsExactly("completed_c");
    handle(
        event(Sagas.JOIN, new CompletedA("s", "seat 1")),
        event(Sagas.JOIN, new CompletedB("s", "room 7")));
    assertThat(results).hasSize(3);
    assertThat(query("SELECT inputs FROM choreography_journal WHERE step = 'c'"))
        .as("the inputs have left, the step has run")
        .containsOnlyNulls();
  }

  @Test
  void a_join_that_asks_for_an_event_it_does_not_follow_is_told() throws Exception {
    Step c = Sagas.JOIN.step("c");
    handler(c).on("s", (request, saga) -> Outcome.completed(saga.event(CompletedC.class)));
    handle(event(Sagas.JOIN, new CompletedA("s", "")), event(Sagas.JOIN, new CompletedB("s", "")));
    assertThat(reason(relay.of("s").get(0))).contains("follows no CompletedC");
  }

  @Test
  void a_step_refuses_to_run_after_the_deadline() throws SQLException {
    handle(
        instance.record(
            Sagas.CHAIN, new Started("late", ""), Instant.parse("2020-01-01T00:00:00Z")),
        instance.record(Sagas.CHAIN, new Started("just", ""), Instance.DEADLINE));
    assertThat(emitted("late")).containsExactly("failed_a deadline");
    assertThat(emitted("just")).containsExactly("completed_a");
    assertThat(bookings()).containsExactly("just a booked");
  }

  @Test
  void a_saga_cancelled_before_it_ran_fails_as_cancelled() throws SQLException {
    handle(chain(Signal.CANCELLED, "s"));
    handle(chain(Signal.STARTED, "s"));
    assertThat(emitted("s"))
        .as("each step of the chain answers for itself")
        .containsExactlyInAnyOrder(
            "failed_a cancelled", "failed_b cancelled", "failed_c cancelled");
    assertThat(bookings()).isEmpty();
  }

  @Test
  void a_step_that_ran_ignores_a_cancel() throws SQLException {
    handle(chain(Signal.STARTED, "s"));
    handle(chain(Signal.CANCELLED, "s"));
    assertThat(state("s", "a")).isEqualTo("COMPLETED");
    assertThat(bookings()).containsExactly("s a booked");
  }

  @Test
  void a_step_told_to_undo_before_it_ran_is_skipped_and_stays_so() throws SQLException {
    handle(event(Sagas.FORK, Signal.failed(2), "s"));
    assertThat(emitted("s")).contains("compensated_b skipped");
    handle(event(Sagas.FORK, COMPLETED_A, "s"));
    assertThat(state("s", "b")).isEqualTo("SKIPPED");
    assertThat(bookings()).noneMatch(booking -> booking.contains(" b "));
    assertThat(emitted("s")).doesNotContain("completed_b");
  }

  @Test
  void a_forward_event_after_the_end_is_refused() throws SQLException {
    handle(chain(Signal.STARTED, "undone"), chain(Signal.CANCELLED, "cancelled"));
    handle(chain(FAILED_B, "undone"));
    int emitted = relay.published().size();
    handle(
        chain(Signal.STARTED, "undone"),
        chain(Signal.STARTED, "cancelled"),
        chain(COMPLETED_A, "cancelled"),
        chain(COMPLETED_B, "cancelled"));
    assertThat(state("undone", "a")).isEqualTo("COMPENSATED");
    assertThat(state("cancelled", "a")).isEqualTo("FAILED");
    assertThat(state("cancelled", "b")).isEqualTo("FAILED");
    assertThat(bookings()).isEmpty();
    assertThat(relay.published()).hasSize(emitted);
  }

  @Test
  void a_compensation_is_given_what_its_step_returned() throws SQLException {
    Step a = Sagas.CHAIN.step("a");
    List<SpecificRecord> given = new ArrayList<>();
    a().on("s", (request, saga) -> Outcome.completed(new CompletedA("s", "seat 17")));
    a().undoing("s", (completed, saga) -> given.add(completed));
    handle(chain(Signal.STARTED, "s"));
    instance().handle(chain(FAILED_B, "s"));
    assertThat(given).containsExactly(new CompletedA("s", "seat 17"));
    assertThat(a.compensated()).isNotNull();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unstorable")
  void what_the_journal_cannot_hold_is_a_dead_letter_and_the_next_saga_is_unaffected(
      String name, String sagaId, @Nullable String deadline) throws SQLException {
    Incoming start = chain(Signal.STARTED, sagaId);
    Incoming odd = deadline == null ? start : Instance.with(start, EventHeaders.DEADLINE, deadline);
    List<DeadLetter> deadLetters = handle(odd, chain(Signal.STARTED, "next"));
    assertThat(deadLetters).extracting(DeadLetter::record).containsExactly(odd);
    assertThat(emitted("next")).containsExactly("completed_a");
  }

  static Stream<Arguments> unstorable() {
    return Stream.of(
        Arguments.of("an empty saga id", "", null),
        Arguments.of("a null character", "a\0b", null),
        Arguments.of("a saga id too long for an index", randomText(9_000), null),
        Arguments.of("a deadline past the calendar", "s", "+999999999-12-31T23:59:59Z"),
        Arguments.of("a deadline before the calendar", "s", "-999999999-01-01T00:00:00Z"),
        Arguments.of("a deadline that is no time", "s", "tomorrow"));
  }

  /** Such that it cannot be compressed. */
  private static String randomText(int length) {
    return new Random(1)
        .ints(length, 'a', 'z' + 1)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  /** Handles records as one batch, and takes up what that set aside until nothing is. */
  private List<DeadLetter> handle(Incoming... batch) {
    List<DeadLetter> deadLetters = instance.handle(batch);
    instance.wake();
    return deadLetters;
  }

  private Scripted a() {
    return handler(Sagas.CHAIN.step("a"));
  }

  private Scripted handler(Step step) {
    return Objects.requireNonNull(handlers.get(step.completed().topic()));
  }

  private Incoming chain(Signal signal, String sagaId) {
    return event(Sagas.CHAIN, signal, sagaId);
  }

  private Incoming event(Choreography choreography, Signal signal, String sagaId) {
    return instance.record(choreography, signal, sagaId);
  }

  private Incoming event(Choreography choreography, SpecificRecord event) {
    return instance.record(choreography, event, Instance.DEADLINE);
  }

  private List<String> emitted(String sagaId) {
    return relay.of(sagaId).stream()
        .map(
            event -> {
              String outcome = event.headers().get(EventHeaders.OUTCOME);
              return outcome == null ? event.topic() : event.topic() + " " + outcome;
            })
        .toList();
  }

  private static String reason(OutboxEvent event) throws Exception {
    return String.valueOf(new MemoryCodec().decode(event.topic(), event.value()).get(1));
  }

  private static void book(StepContext saga, Step step, String note) throws SQLException {
    try (PreparedStatement statement =
        saga.connection().prepareStatement("INSERT INTO bookings VALUES (?, ?, ?)")) {
      statement.setString(1, saga.sagaId());
      statement.setString(2, step.name());
      statement.setString(3, note);
      statement.executeUpdate();
    }
  }

  private static void unbook(StepContext saga, Step step) throws SQLException {
    try (PreparedStatement statement =
        saga.connection().prepareStatement("DELETE FROM bookings WHERE saga_id = ? AND step = ?")) {
      statement.setString(1, saga.sagaId());
      statement.setString(2, step.name());
      statement.executeUpdate();
    }
  }

  private static void raise(StepContext saga, String sqlState) throws SQLException {
    execute(
        saga.connection(),
        "DO $$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '%s'; END $$".formatted(sqlState));
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection()) {
      execute(connection, sql);
    }
  }

  private static List<String> bookings() throws SQLException {
    return query("SELECT saga_id || ' ' || step || ' ' || note FROM bookings ORDER BY 1");
  }

  private static String state(String sagaId, String step) throws SQLException {
    return query(
            "SELECT state FROM choreography_journal WHERE saga_id = '%s' AND step = '%s'"
                .formatted(sagaId, step))
        .get(0);
  }

  private static String row(String sagaId, String step) throws SQLException {
    return query(
            "SELECT journal::text FROM choreography_journal AS journal WHERE saga_id = '%s' AND step = '%s'"
                .formatted(sagaId, step))
        .get(0);
  }

  /** The first column of all rows. */
  private static List<String> query(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> found = new ArrayList<>();
      while (result.next()) {
        found.add(result.getString(1));
      }
      return found;
    }
  }
}
