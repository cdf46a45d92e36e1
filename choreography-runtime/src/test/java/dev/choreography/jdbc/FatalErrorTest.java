// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.BatchStepHandler;
import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.StepOptions;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Journal;
import dev.choreography.engine.JournalRow;
import dev.choreography.engine.Published;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.sql.SQLException;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
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
 * One saga makes its handler use up the memory, or the stack, wherever it comes: it must not end
 * one worker after another.
 */
@ExtendWith(RealPrograms.class)
class FatalErrorTest {

  private static final Step A = Sagas.CHAIN.step("a");

  private static Bookings bookings;

  private Instance instance;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "fatal_errors");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    bookings.clear();
    instance = instance(new JdbcJournal(bookings.database()), Instance.OPTIONS);
  }

  private static Instance instance(Journal journal, StepOptions options) {
    return bookings.instance(journal, options, Clock.fixed(Instance.NOW, ZoneOffset.UTC));
  }

  /** A way to the end of the machine. */
  @FunctionalInterface
  interface Fatal {
    void run();
  }

  static Stream<Arguments> fatal() {
    return Stream.of(
        Arguments.of("the memory", (Fatal) FatalErrorTest::useUpTheMemory),
        Arguments.of("the stack", (Fatal) () -> useUpTheStack(0)),
        Arguments.of("a class that cannot be loaded", (Fatal) () -> Broken.touch()),
        Arguments.of(
            "the machine",
            (Fatal)
                () -> {
                  throw new InternalError("a bug of the machine's");
                }));
  }

  private static void useUpTheMemory() {
    List<long[]> all = new ArrayList<>();
    while (all.size() < 1_000) {
      all.add(new long[Integer.MAX_VALUE - 8]);
    }
    assertThat(all).as("this machine has 16 TB of memory").isEmpty();
  }

  private static int useUpTheStack(int depth) {
    return depth < 0 ? depth : useUpTheStack(depth + 1) + 1;
  }

  /** Its initialization fails. */
  private static final class Broken {
    private static final int LENGTH = Integer.parseInt("none");

    static void touch() {
      assertThat(LENGTH).isZero();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("fatal")
  void a_saga_whose_execution_uses_it_up_fails_alone(String name, Fatal fatal) throws SQLException {
    List<Integer> attempts = new ArrayList<>();
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              Bookings.take(saga, A);
              attempts.add(saga.attempt());
              fatal.run();
              return Scripted.done(A, saga);
            });
    handle(Signal.STARTED, "before", "s", "t");
    assertThat(attempts.stream().distinct()).containsExactly(1, 2, 3);
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings.seats()).containsExactly("before a 0", "t a 0");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("fatal")
  void a_saga_whose_compensation_or_confirmation_uses_it_up_is_parked_alone(
      String name, Fatal fatal) throws SQLException {
    handle(Signal.STARTED, "s", "t", "u", "v");
    bookings
        .handler(A)
        .undoing(
            "s",
            (completed, saga) -> {
              Bookings.giveBack(saga, A);
              fatal.run();
            });
    bookings.handler(A).confirming("t", (completed, saga) -> fatal.run());
    handle(Signal.failed(1), "s", "u");
    handle(Signal.completed(2), "t", "v");
    assertThat(bookings.state("s", "a")).isEqualTo("PARKED");
    assertThat(bookings.state("t", "a")).isEqualTo("PARKED");
    assertThat(bookings.state("u", "a")).isEqualTo("COMPENSATED");
    assertThat(bookings.state("v", "a")).isEqualTo("CONFIRMED");
    assertThat(bookings.seats()).contains("s a 0");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("fatal")
  void a_saga_that_uses_it_up_in_a_batch_handler_fails_alone(String name, Fatal fatal)
      throws SQLException {
    instance =
        new Instance(
            new JdbcJournal(bookings.database()),
            bookings.relay(),
            new Published(),
            step -> step.name().equals("a") ? together(fatal) : bookings.handler(step),
            Sagas.CHAIN);
    handle(Signal.STARTED, "before", "s", "t");
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings.seats()).containsExactly("before a 0", "t a 0");
  }

  private static BatchStepHandler<SpecificRecord, SpecificRecord> together(Fatal fatal) {
    return new BatchStepHandler<>() {
      @Override
      public List<Outcome> executeAll(List<Request<SpecificRecord>> requests) throws SQLException {
        List<Outcome> outcomes = new ArrayList<>();
        for (Request<SpecificRecord> request : requests) {
          Bookings.take(request.saga(), A);
          outcomes.add(Scripted.done(A, request.saga()));
          if (request.saga().sagaId().equals("s")) {
            fatal.run();
          }
        }
        return outcomes;
      }

      @Override
      public SpecificRecord compensate(SpecificRecord completed, StepContext saga) {
        throw new IllegalStateException("nothing is undone here");
      }
    };
  }

  @Test
  void a_retry_policy_that_uses_it_up_says_nothing() throws SQLException {
    instance =
        instance(
            new JdbcJournal(bookings.database()),
            Instance.OPTIONS.withExecution(
                Instance.OPTIONS
                    .execution()
                    .withFinal(
                        thrown -> {
                          throw new NoClassDefFoundError("its class");
                        })));
    bookings
        .handler(A)
        .on(
            "s",
            (request, saga) -> {
              throw new IllegalStateException("not yet");
            });
    handle(Signal.STARTED, "s", "t");
    assertThat(bookings.emitted("s")).containsExactly("failed_a exhausted");
    assertThat(bookings.emitted("t")).containsExactly("completed_a");
  }

  @Test
  void an_error_of_the_frameworks_own_is_told_to_its_caller() {
    Journal broken =
        new ForwardingJournal(new JdbcJournal(bookings.database())) {
          @Override
          public Transaction begin(Scope scope) {
            return new ForwardingTransaction(super.begin(scope)) {
              @Override
              public void save(Collection<JournalRow> rows) {
                throw new OutOfMemoryError("not a handler's");
              }
            };
          }
        };
    instance = instance(broken, Instance.OPTIONS);
    assertThatThrownBy(() -> handle(Signal.STARTED, "s")).isInstanceOf(OutOfMemoryError.class);
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
