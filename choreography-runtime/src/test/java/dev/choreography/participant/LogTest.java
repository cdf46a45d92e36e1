// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.choreography.control.Resolve;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;

/** The log tells of a saga in one grammar: saga, step, event, outcome. */
@ExtendWith(RealPrograms.class)
class LogTest {

  /** Handlers that threw, and what came of steps. */
  private static final List<String> LOGGERS =
      List.of("dev.choreography.engine.Calls", "dev.choreography.engine.StepTurn");

  private static Bookings bookings;

  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "log");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void listen() throws SQLException {
    bookings.clear();
    lines.start();
    LOGGERS.forEach(
        name -> {
          logger(name).setLevel(Level.DEBUG);
          logger(name).setAdditive(false);
          logger(name).addAppender(lines);
        });
  }

  @AfterEach
  void listenNoMore() {
    LOGGERS.forEach(
        name -> {
          logger(name).detachAppender(lines);
          logger(name).setAdditive(true);
          logger(name).setLevel(Level.OFF);
        });
  }

  @Test
  void each_thing_that_a_step_does_is_one_line() {
    Instance instance = bookings.instance();
    bookings
        .handler("c")
        .on("undone", (request, saga) -> Scripted.rejected(Sagas.CHAIN.step("c"), saga));
    instance.handle(
        instance.record(Sagas.CHAIN, Signal.STARTED, "done"),
        instance.record(Sagas.CHAIN, Signal.STARTED, "undone"));
    for (int i = 0; i < bookings.relay().published().size(); i++) {
      instance.handle(Instance.record(bookings.relay().published().get(i)));
    }
    assertThat(of("done"))
        .containsExactlyInAnyOrder(
            "DEBUG saga=done step=a event=completed_a outcome=completed",
            "DEBUG saga=done step=b event=completed_b outcome=completed",
            "DEBUG saga=done step=c event=completed_c outcome=completed",
            "DEBUG saga=done step=a event=done/completed_c outcome=confirmed",
            "DEBUG saga=done step=b event=done/completed_c outcome=confirmed",
            "DEBUG saga=done step=c event=done/completed_b outcome=confirmed");
    assertThat(of("undone"))
        .containsExactly(
            "DEBUG saga=undone step=a event=completed_a outcome=completed",
            "DEBUG saga=undone step=b event=completed_b outcome=completed",
            "INFO saga=undone step=c event=failed_c outcome=rejected",
            "DEBUG saga=undone step=b event=compensated_b outcome=compensated",
            "DEBUG saga=undone step=a event=compensated_a outcome=compensated");
  }

  @Test
  void what_people_are_to_know_is_told_louder() {
    Instance instance = bookings.instance(Instance.options(1, Duration.ZERO));
    bookings
        .handler("a")
        .on(
            "tired",
            (request, saga) -> {
              throw new IllegalStateException("planted");
            });
    bookings
        .handler("a")
        .undoing(
            "stuck",
            (completed, saga) -> {
              throw new IllegalStateException("planted");
            });
    instance.handle(instance.record(Sagas.CHAIN, Signal.STARTED, "tired"));
    instance.handle(instance.record(Sagas.CHAIN, Signal.STARTED, "stuck"));
    instance.handle(instance.record(Sagas.CHAIN, Signal.failed(1), "stuck"));
    instance.handle(
        instance.record(
            Sagas.CHAIN, new Resolve("stuck", "a", 1, "ann", "by hand"), Instance.DEADLINE));
    instance.handle(instance.record(Sagas.CHAIN, Signal.CANCELLED, "cancelled"));
    String planted = "IllegalStateException: planted";
    assertThat(of("tired"))
        .containsExactly(
            "WARN saga=tired step=a event=tired/started outcome=error attempt=1/1: execute threw",
            "WARN saga=tired step=a event=failed_a outcome=exhausted error=\"%s\""
                .formatted(planted));
    assertThat(of("stuck"))
        .containsExactly(
            "DEBUG saga=stuck step=a event=completed_a outcome=completed",
            "WARN saga=stuck step=a event=stuck/failed_b outcome=error attempt=1/1: compensate threw",
            "ERROR saga=stuck step=a event=parked outcome=parked error=\"%s\": the saga waits for an operator"
                .formatted(planted),
            "INFO saga=stuck step=a event=compensated_a outcome=resolved");
    assertThat(of("cancelled"))
        .contains("INFO saga=cancelled step=a event=failed_a outcome=cancelled");
  }

  @Test
  void what_is_undone_with_its_batch_is_not_told_as_done() {
    AtomicInteger calls = new AtomicInteger();
    bookings
        .handler("a")
        .on(
            "s",
            (request, saga) -> {
              if (calls.incrementAndGet() == 1) {
                Bookings.raise(saga, "40P01");
              }
              return Scripted.done(Sagas.CHAIN.step("a"), saga);
            });
    Instance instance = bookings.instance();
    instance.handle(
        instance.record(Sagas.CHAIN, Signal.STARTED, "before"),
        instance.record(Sagas.CHAIN, Signal.STARTED, "s"));
    assertThat(calls).hasValue(2);
    assertThat(of("before"))
        .containsExactly("DEBUG saga=before step=a event=completed_a outcome=completed");
  }

  private List<String> of(String sagaId) {
    return lines.list.stream()
        .map(line -> line.getLevel() + " " + line.getFormattedMessage())
        .filter(line -> line.contains("saga=%s ".formatted(sagaId)))
        .toList();
  }

  private static Logger logger(String name) {
    return (Logger) LoggerFactory.getLogger(name);
  }
}
