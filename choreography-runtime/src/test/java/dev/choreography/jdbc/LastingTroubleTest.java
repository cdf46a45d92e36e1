// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.StepOptions;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Trouble;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the database refuses however often it is tried keeps no other saga from its turn. */
@ExtendWith(RealPrograms.class)
class LastingTroubleTest {

  private static final StepOptions PATIENT = Instance.options(3, Duration.ofHours(1));
  private static final Step A = Sagas.CHAIN.step("a");

  private static Bookings bookings;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "lasting_trouble");
    bookings.execute(
        "CREATE TABLE paid (saga_id text PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, n int)");
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

  @Test
  void what_would_fail_at_the_commit_is_an_attempt_and_the_others_go_on() throws SQLException {
    bookings.execute("INSERT INTO paid VALUES ('s', 1)");
    bookings.handler(A).on("s", (request, saga) -> paying(saga));
    Instance instance = bookings.instance();
    assertThat(instance.handle(start(instance, "s"), start(instance, "t"))).isEmpty();
    instance.wake();
    assertThat(bookings.state("t", "a")).isEqualTo("COMPLETED");
    assertThat(bookings.state("s", "a")).isEqualTo("FAILED");
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings.query("SELECT saga_id FROM paid")).containsExactly("s");
  }

  @Test
  void a_constraint_is_deferred_also_where_the_saga_is_done_alone() throws SQLException {
    bookings.execute("INSERT INTO paid VALUES ('s', 1)");
    AtomicInteger calls = new AtomicInteger();
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              if (calls.incrementAndGet() < 3) {
                execute(saga, "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$");
              }
              execute(saga, "INSERT INTO paid VALUES ('s', 2)");
              execute(saga, "DELETE FROM paid WHERE n = 1");
              return Scripted.done(A, saga);
            });
    Instance instance = bookings.instance();
    instance.handle(start(instance, "s"));
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
    assertThat(bookings.query("SELECT n FROM paid")).containsExactly("2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"57014", "55P03", "53400", "58030", "XX000"})
  void a_statement_that_is_never_done_waits_in_the_journal_and_is_no_attempt(String sqlState)
      throws SQLException {
    List<Integer> attempts = new ArrayList<>();
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              attempts.add(saga.attempt());
              execute(
                  saga,
                  "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '%s'; END $$"
                      .formatted(sqlState));
              return Scripted.done(A, saga);
            });
    Instance instance = bookings.instance(PATIENT);
    assertThat(instance.handle(start(instance, "s"), start(instance, "t"))).isEmpty();
    assertThat(bookings.state("t", "a")).isEqualTo("COMPLETED");
    assertThat(bookings.state("s", "a")).isEqualTo("RETRYING");
    for (int i = 0; i < 5; i++) {
      bookings.makeDue();
      instance.wake();
    }
    assertThat(attempts).hasSizeGreaterThan(7).containsOnly(1);
    assertThat(bookings.state("s", "a")).isEqualTo("RETRYING");
    assertThat(bookings.emitted("s")).isEmpty();

    bookings.handler(A).on("s", (request, saga) -> Scripted.done(A, saga));
    bookings.makeDue();
    instance.wake();
    assertThat(bookings.emitted("s")).containsExactly("completed_a");
  }

  @Test
  void a_handler_that_spoils_its_request_is_given_it_afresh() throws SQLException {
    List<Object> seen = new ArrayList<>();
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              seen.add(request.get(0));
              request.put(0, "spoilt");
              execute(saga, "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$");
              return Scripted.done(A, saga);
            });
    Instance instance = bookings.instance();
    assertThatThrownBy(() -> instance.handle(start(instance, "s"))).isInstanceOf(Trouble.class);
    assertThat(seen).hasSize(3).containsOnly("s");
  }

  private static Outcome paying(StepContext saga) throws SQLException {
    execute(saga, "INSERT INTO paid VALUES ('%s', 1)".formatted(saga.sagaId()));
    return Scripted.done(A, saga);
  }

  private static void execute(StepContext saga, String sql) throws SQLException {
    try (Statement statement = saga.connection().createStatement()) {
      statement.execute(sql);
    }
  }

  private static Incoming start(Instance instance, String sagaId) {
    return instance.record(Sagas.CHAIN, Signal.STARTED, sagaId);
  }
}
