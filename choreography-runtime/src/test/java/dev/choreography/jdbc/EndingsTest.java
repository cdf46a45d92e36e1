// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.Step;
import dev.choreography.StepOptions;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import dev.choreography.testbed.Bookings;
import dev.choreography.testbed.Bus;
import dev.choreography.testbed.Instance;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import dev.choreography.testevents.Started;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole sagas without a broker: what is published comes back in any order, some of it twice. */
@ExtendWith(RealPrograms.class)
class EndingsTest {

  private static final String COMPLETED = "completed";
  private static final String COMPENSATED = "compensated";

  private static Bookings bookings;

  @BeforeAll
  static void open(LocalEnvironment environment) throws SQLException {
    bookings = Bookings.create(environment, "endings");
  }

  @AfterAll
  static void close() {
    bookings.close();
  }

  @BeforeEach
  void clear() throws SQLException {
    bookings.clear();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2})
  void a_cancel_at_any_moment_leaves_one_of_the_two_endings_and_nothing_in_between(long seed)
      throws SQLException {
    int sagas = 5_000;
    Bus bus = new Bus(seed, bookings);
    Instance one = bookings.instance();
    for (int i = 0; i < sagas; i++) {
      bus.send(one.record(Sagas.CHAIN, Signal.STARTED, "s" + i));
      bus.send(one.record(Sagas.CHAIN, Signal.CANCELLED, "s" + i));
    }
    if (seed == 1) {
      bus.run(List.of(one, bookings.instance()));
    } else {
      bus.runAtOnce(List.of(one, bookings.instance()));
    }
    Map<String, String> endings = endings();
    assertThat(endings).hasSize(sagas);
    assertThat(count(endings, COMPLETED)).isBetween(sagas / 50L, sagas - sagas / 50L);
    assertThat(count(endings, COMPENSATED)).isEqualTo(sagas - count(endings, COMPLETED));
  }

  @Test
  void instances_whose_clocks_are_an_hour_apart_end_sagas_as_one_does() throws SQLException {
    failSome();
    Map<String, String> alike =
        endingsOf(
            bookings.instance(Instance.options(3, Duration.ofMillis(1)), clock(Duration.ZERO)),
            bookings.instance(Instance.options(3, Duration.ofMillis(1)), clock(Duration.ZERO)));
    bookings.clear();
    failSome();
    Map<String, String> apart =
        endingsOf(
            bookings.instance(Instance.options(3, Duration.ofMillis(1)), clock(Duration.ZERO)),
            bookings.instance(
                Instance.options(3, Duration.ofMillis(1)), clock(Duration.ofHours(1))));
    assertThat(apart).isEqualTo(alike);
    assertThat(count(apart, COMPLETED)).isPositive();
    assertThat(count(apart, COMPENSATED)).isPositive();
  }

  @Test
  void a_pause_is_as_long_for_an_instance_whose_clock_is_an_hour_ahead() throws SQLException {
    StepOptions patient = Instance.options(3, Duration.ofMinutes(30));
    Instance behind = bookings.instance(patient, clock(Duration.ZERO));
    bookings
        .handler("a")
        .on(
            "s",
            (request, saga) -> {
              throw new IllegalStateException("not yet");
            });
    behind.handle(behind.record(Sagas.CHAIN, new Started("s", ""), tomorrow()));
    bookings.instance(patient, clock(Duration.ofHours(1))).wake();
    assertThat(bookings.query("SELECT attempt FROM choreography_journal WHERE step = 'a'"))
        .containsExactly("1");
  }

  @Test
  void deadlines_within_the_hour_that_clocks_are_apart_leave_nothing_in_between()
      throws SQLException {
    Instance one = bookings.instance(Instance.OPTIONS, clock(Duration.ZERO));
    Instance other = bookings.instance(Instance.OPTIONS, clock(Duration.ofHours(1)));
    Bus bus = new Bus(3, bookings);
    for (int i = 0; i < 1_000; i++) {
      bus.send(one.record(Sagas.CHAIN, new Started("s" + i, ""), Instance.DEADLINE));
    }
    bus.runAtOnce(List.of(one, other));
    assertThat(endings()).hasSize(1_000);
  }

  @Test
  void a_saga_that_fails_has_as_many_compensated_steps_as_completed_ones() throws SQLException {
    failSome();
    Instance instance = bookings.instance();
    Map<String, String> endings = endingsOf(instance, bookings.instance());
    assertThat(count(endings, COMPENSATED)).isBetween(100L, 900L);
    // endings() has counted them for each saga; here they are counted once more, all together.
    List<String> failed =
        bookings.relay().published().stream()
            .filter(event -> COMPENSATED.equals(endings.get(event.sagaId())))
            .map(EndingsTest::describe)
            .toList();
    long completed = failed.stream().filter(event -> event.startsWith("completed_")).count();
    long compensated = failed.stream().filter(event -> event.endsWith(" compensated")).count();
    assertThat(compensated).isEqualTo(completed).isPositive();
  }

  @Test
  void retrying_the_car_raises_the_success_rate_and_books_no_second_car() throws SQLException {
    long once = bookedWith(Instance.options(1, Duration.ZERO));
    long thrice = bookedWith(Instance.options(3, Duration.ZERO));
    assertThat(once).as("of 1,000 with 30 in 100 attempts failing").isBetween(600L, 800L);
    assertThat(thrice).isBetween(940L, 1_000L);
  }

  private long bookedWith(StepOptions options) throws SQLException {
    bookings.clear();
    Step car = Sagas.CHAIN.step("c");
    Instance instance = bookings.instance(options);
    Bus bus = new Bus(7, bookings);
    for (int i = 0; i < 1_000; i++) {
      String id = "s" + i;
      Random random = new Random(31L * i);
      bookings
          .handler("c")
          .on(
              id,
              (request, saga) -> {
                Bookings.take(saga, car);
                if (random.nextInt(100) < 30) {
                  throw new IllegalStateException("the line is dead");
                }
                return Scripted.done(car, saga);
              });
      bus.send(instance.record(Sagas.CHAIN, Signal.STARTED, id));
    }
    bus.run(List.of(instance));
    long completed = count(endings(), COMPLETED);
    assertThat(bookings.query("SELECT count(*) FROM seats WHERE step = 'c'"))
        .containsExactly(String.valueOf(completed));
    return completed;
  }

  /**
   * By the saga's number: every seventh is full at b, every eleventh at c, others err now and then.
   */
  private static void failSome() {
    for (int i = 0; i < 1_000; i++) {
      String id = "s" + i;
      int number = i;
      for (String name : List.of("a", "b", "c")) {
        Step step = Sagas.CHAIN.step(name);
        bookings
            .handler(name)
            .on(
                id,
                (request, saga) -> {
                  Bookings.take(saga, step);
                  if (number % 5 == 0 && saga.attempt() < 3) {
                    throw new IllegalStateException("not yet");
                  }
                  return (number % 7 == 0 && name.equals("b"))
                          || (number % 11 == 0 && name.equals("c"))
                      ? Scripted.rejected(step, saga)
                      : Scripted.done(step, saga);
                });
      }
    }
  }

  private Map<String, String> endingsOf(Instance... instances) throws SQLException {
    Bus bus = new Bus(5, bookings);
    for (int i = 0; i < 1_000; i++) {
      bus.send(instances[0].record(Sagas.CHAIN, new Started("s" + i, ""), tomorrow()));
    }
    bus.runAtOnce(List.of(instances));
    Map<String, String> endings = endings();
    assertThat(endings).hasSize(1_000);
    return endings;
  }

  private static Instant tomorrow() {
    return Instance.NOW.plus(Duration.ofDays(1));
  }

  private static Clock clock(Duration ahead) {
    return Clock.fixed(Instance.NOW.plus(ahead), ZoneOffset.UTC);
  }

  private static long count(Map<String, String> endings, String ending) {
    return endings.values().stream().filter(ending::equals).count();
  }

  private static String describe(OutboxEvent event) {
    return event.topic() + " " + event.headers().getOrDefault(EventHeaders.OUTCOME, "");
  }

  /** How each saga ended; whatever is in between is shown as it is, and fails the test. */
  private static Map<String, String> endings() throws SQLException {
    Map<String, List<String>> events =
        bookings.relay().published().stream()
            .collect(
                Collectors.groupingBy(
                    OutboxEvent::sagaId,
                    Collectors.mapping(event -> describe(event).strip(), Collectors.toList())));
    Map<String, String> seats = new HashMap<>();
    bookings
        .query(
            "SELECT saga_id || '=' || string_agg(step || confirmed, ' ' ORDER BY step) FROM seats GROUP BY saga_id")
        .forEach(line -> seats.put(before(line), after(line)));
    Map<String, String> endings = new TreeMap<>();
    for (String line :
        bookings.query(
            "SELECT saga_id || '=' || string_agg(step || ' ' || state, ', ' ORDER BY step) FROM choreography_journal GROUP BY saga_id")) {
      String id = before(line);
      String ending = ending(after(line), seats.get(id), events.getOrDefault(id, List.of()));
      assertThat(ending).as("saga %s", id).isIn(COMPLETED, COMPENSATED);
      endings.put(id, ending);
    }
    return endings;
  }

  private static String before(String line) {
    return line.substring(0, line.indexOf('='));
  }

  private static String after(String line) {
    return line.substring(line.indexOf('=') + 1);
  }

  private static String ending(String states, @Nullable String seats, List<String> events) {
    List<String> own = events.stream().filter(event -> !event.equals("chain_control")).toList();
    long completed = own.stream().filter(event -> event.startsWith("completed_")).count();
    long compensated = own.stream().filter(event -> event.endsWith(" compensated")).count();
    if (states.equals("a CONFIRMED, b CONFIRMED, c CONFIRMED")
        && "a1 b1 c1".equals(seats)
        && own.size() == 3
        && completed == 3) {
      return COMPLETED;
    }
    boolean undone = !states.matches(".*(CONFIRM|COMPLETED|WAITING|RETRY|PARK|COMPENSATING).*");
    boolean onceEach = own.size() == own.stream().distinct().count();
    return undone && seats == null && completed == compensated && onceEach
        ? COMPENSATED
        : "%s; seats %s; events %s".formatted(states, seats, events);
  }
}
