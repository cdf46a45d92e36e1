// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Handlers that are called once for many sagas. */
@ExtendWith(RealPrograms.class)
class BatchHandlerTest {

  private static final Signal FAILED_B = Signal.failed(1);
  private static final Signal SUCCEEDED = Signal.completed(2);

  private static Bookings bookings;

  private final SeatsTogether seats = new SeatsTogether();
  private Instance instance;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "batch_handlers");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
    instance =
        new Instance(
            new JdbcJournal(bookings.database()),
            bookings.relay(),
            new Published(),
            step -> step.name().equals("a") ? seats : bookings.handler(step),
            Sagas.CHAIN);
  }

  @Test
  void many_sagas_are_done_in_one_call_and_each_emits_its_own_event() throws SQLException {
    handle(Signal.STARTED, "s1", "s2", "s3");
    assertThat(seats.calls).containsExactly("execute s1 s2 s3");
    assertThat(bookings.seats()).containsExactly("s1 a 0", "s2 a 0", "s3 a 0");
    for (String saga : List.of("s1", "s2", "s3")) {
      assertThat(bookings.emitted(saga)).containsExactly("completed_a");
      assertThat(bookings.state(saga, "a")).isEqualTo("COMPLETED");
    }
  }

  @Test
  void one_rejected_saga_leaves_the_others() throws SQLException {
    seats.full = Set.of("s2");
    handle(Signal.STARTED, "s1", "s2", "s3");
    assertThat(seats.calls).containsExactly("execute s1 s2 s3");
    assertThat(bookings.seats()).containsExactly("s1 a 0", "s3 a 0");
    assertThat(bookings.emitted("s2")).containsExactly("failed_a rejected");
    assertThat(bookings.state("s2", "a")).isEqualTo("FAILED");
    assertThat(bookings.emitted("s3")).containsExactly("completed_a");
  }

  @Test
  void a_saga_that_cannot_be_done_fails_alone_and_nothing_is_done_twice() throws SQLException {
    seats.impossible = Set.of("s2");
    handle(Signal.STARTED, "s1", "s2", "s3");
    instance.wake();
    assertThat(seats.calls).contains("execute s1", "execute s2", "execute s3");
    assertThat(bookings.seats()).containsExactly("s1 a 0", "s3 a 0");
    assertThat(bookings.emitted("s1")).containsExactly("completed_a");
    assertThat(bookings.emitted("s2")).containsExactly("failed_a exhausted");
    assertThat(bookings.emitted("s3")).containsExactly("completed_a");
    assertThat(seats.attempts).as("no attempt but its own counts").containsExactly(1, 2, 3);
  }

  @Test
  void many_are_undone_in_one_call_and_what_cannot_be_is_parked_alone() throws SQLException {
    handle(Signal.STARTED, "s1", "s2", "s3");
    seats.calls.clear();
    handle(FAILED_B, "s1", "s3");
    assertThat(seats.calls).containsExactly("compensate s1 s3");
    handle(Signal.STARTED, "s4");
    seats.impossible = Set.of("s2");
    handle(FAILED_B, "s2", "s4");
    instance.wake();
    assertThat(bookings.seats()).containsExactly("s2 a 0");
    assertThat(bookings.state("s2", "a")).isEqualTo("PARKED");
    for (String saga : List.of("s1", "s3", "s4")) {
      assertThat(bookings.state(saga, "a")).isEqualTo("COMPENSATED");
      assertThat(bookings.emitted(saga))
          .containsExactly("completed_a", "compensated_a compensated");
    }
  }

  @Test
  void many_are_confirmed_in_one_call_and_what_cannot_be_is_parked_alone() throws SQLException {
    handle(Signal.STARTED, "s1", "s2", "s3", "s4");
    seats.calls.clear();
    handle(SUCCEEDED, "s1", "s3");
    assertThat(seats.calls).containsExactly("confirm s1 s3");
    seats.impossible = Set.of("s2");
    handle(SUCCEEDED, "s2", "s4");
    instance.wake();
    assertThat(bookings.seats()).containsExactly("s1 a 1", "s2 a 0", "s3 a 1", "s4 a 1");
    assertThat(bookings.state("s2", "a")).isEqualTo("PARKED");
    assertThat(bookings.state("s4", "a")).isEqualTo("CONFIRMED");
  }

  @Test
  void an_answer_that_lacks_one_is_no_answer_and_each_is_asked_alone() throws SQLException {
    seats.forgetful = true;
    handle(Signal.STARTED, "s1", "s2");
    assertThat(seats.calls).contains("execute s1", "execute s2");
    assertThat(bookings.seats()).containsExactly("s1 a 0", "s2 a 0");
    assertThat(bookings.emitted("s1")).containsExactly("completed_a");
    assertThat(bookings.emitted("s2")).containsExactly("completed_a");
  }

  @Test
  void a_saga_that_comes_alone_is_handled_alone() throws SQLException {
    seats.full = Set.of("s2");
    handle(Signal.STARTED, "s1");
    handle(Signal.STARTED, "s2");
    assertThat(seats.calls).containsExactly("execute s1", "execute s2");
    assertThat(bookings.seats()).containsExactly("s1 a 0");
    assertThat(bookings.emitted("s2")).containsExactly("failed_a rejected");
  }

  private void handle(Signal signal, String... sagas) {
    assertThat(
            instance.handle(
                Stream.of(sagas)
                    .map(saga -> instance.record(Sagas.CHAIN, signal, saga))
                    .toArray(Incoming[]::new)))
        .isEmpty();
  }

  /** A seat for each saga, one statement for all of them. */
  private static final class SeatsTogether
      implements BatchStepHandler<SpecificRecord, SpecificRecord> {
    private final Step step = Sagas.CHAIN.step("a");
    private final List<String> calls = new ArrayList<>();
    private final List<Integer> attempts = new ArrayList<>();
    private Set<String> full = Set.of();
    private Set<String> impossible = Set.of();
    private boolean forgetful;

    @Override
    public List<Outcome> executeAll(List<Request<SpecificRecord>> requests) throws SQLException {
      List<Request<SpecificRecord>> granted =
          requests.stream().filter(request -> !full.contains(request.saga().sagaId())).toList();
      change("execute", requests, granted, "INSERT INTO seats SELECT unnest(?::text[]), 'a'");
      List<Outcome> outcomes = new ArrayList<>();
      for (Request<SpecificRecord> request : requests) {
        outcomes.add(
            granted.contains(request)
                ? Scripted.done(step, request.saga())
                : Scripted.rejected(step, request.saga()));
      }
      return forgetful && outcomes.size() > 1 ? outcomes.subList(1, outcomes.size()) : outcomes;
    }

    @Override
    public List<SpecificRecord> compensateAll(List<Request<SpecificRecord>> completed)
        throws SQLException {
      change("compensate", completed, completed, "DELETE FROM seats WHERE saga_id = ANY (?)");
      return completed.stream().map(request -> undone(request.saga())).toList();
    }

    @Override
    public SpecificRecord compensate(SpecificRecord completed, StepContext saga)
        throws SQLException {
      return compensateAll(List.of(new Request<>(completed, saga))).get(0);
    }

    private SpecificRecord undone(StepContext saga) {
      return Sagas.event(
          Objects.requireNonNull(step.compensated()).type(), saga.sagaId(), "undone");
    }

    @Override
    public void confirmAll(List<Request<SpecificRecord>> completed) throws SQLException {
      change(
          "confirm",
          completed,
          completed,
          "UPDATE seats SET confirmed = confirmed + 1 WHERE saga_id = ANY (?)");
    }

    @Override
    public void confirm(SpecificRecord completed, StepContext saga) throws SQLException {
      confirmAll(List.of(new Request<>(completed, saga)));
    }

    /** The writes come first, so that there is something to undo. */
    private void change(
        String what,
        List<Request<SpecificRecord>> asked,
        List<Request<SpecificRecord>> granted,
        String sql)
        throws SQLException {
      Connection connection = asked.get(0).saga().connection();
      calls.add(what + " " + String.join(" ", ids(asked)));
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        statement.setArray(1, connection.createArrayOf("text", ids(granted)));
        statement.executeUpdate();
      }
      for (Request<SpecificRecord> request : asked) {
        if (impossible.contains(request.saga().sagaId())) {
          if (asked.size() == 1 && what.equals("execute")) {
            attempts.add(request.saga().attempt());
          }
          throw new IllegalStateException("impossible");
        }
      }
    }

    private static String[] ids(List<Request<SpecificRecord>> requests) {
      return requests.stream().map(request -> request.saga().sagaId()).toArray(String[]::new);
    }
  }
}
