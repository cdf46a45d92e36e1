// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static dev.choreography.acceptance.Service.CAR;
import static dev.choreography.acceptance.Service.FLIGHT;
import static dev.choreography.acceptance.Service.HOTEL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.protocol.EventHeaders;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The exercises that a textbook asks of this choreography. The same sagas run twice, with the same
 * random failures, once with one try of each booking and once with five. The exercise of the hotel
 * service that dies after booking and before publishing is in {@link CrashIT}: {@code
 * KILLED_BEFORE_PUBLISHING}.
 */
class TextbookIT {

  private static final int TRIPS = 200;
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Map<Service, String> FAILURE_RATES =
      new EnumMap<>(Map.of(FLIGHT, "0.1", HOTEL, "0.15", CAR, "0.3"));
  private static final Pattern COMPENSATION_ERROR =
      Pattern.compile("simulated technical compensation error: saga (.+), step \\w+, attempt");

  private static Run once;
  private static Run upToFiveTimes;

  /**
   * How it went.
   *
   * @param outcomes by saga, then by topic
   * @param carsTaken from all locations
   * @param erredUndoing the sagas whose compensation ended in an error at least once
   */
  private record Run(
      Verdict verdict,
      Map<String, Map<String, String>> outcomes,
      long carsTaken,
      Map<Service, Set<String>> erredUndoing) {

    static Run withAttempts(int attempts) {
      try (TripSystem system = TripSystem.start("textbook-" + attempts, 4)) {
        Map<Service, ServiceProcess> running = new EnumMap<>(Service.class);
        FAILURE_RATES.forEach(
            (service, rate) -> {
              Map<String, String> settings = new HashMap<>();
              settings.put("FAILURE_SEED", "1");
              settings.put("FAILURE_RATE", rate);
              settings.put("TECHNICAL_ERROR_RATE", service == CAR ? "0.25" : "0");
              settings.put("COMPENSATION_ERROR_RATE", "0.2");
              settings.put("EXECUTION_ATTEMPTS", String.valueOf(attempts));
              running.put(service, system.start(service, "1", settings));
            });
        running.values().forEach(ServiceProcess::awaitUp);
        system.book(
            IntStream.range(0, TRIPS).mapToObj(i -> Booking.spread("trip " + i, i)).toList());
        Verdict verdict = system.awaitVerdict(PATIENCE);
        Map<Service, Set<String>> erred = new EnumMap<>(Service.class);
        running.forEach((service, process) -> erred.put(service, erred(process)));
        return new Run(
            verdict,
            outcomes(system.log()),
            system.number(CAR, "SELECT sum(capacity - available) FROM car_locations"),
            erred);
      }
    }

    private static Set<String> erred(ServiceProcess process) {
      return COMPENSATION_ERROR
          .matcher(process.said())
          .results()
          .map(found -> found.group(1))
          .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Map<String, Map<String, String>> outcomes(TopicLog log) {
      Map<String, Map<String, String>> outcomes = new HashMap<>();
      log.bySaga()
          .forEach(
              (saga, topics) -> {
                Map<String, String> ofSaga = new HashMap<>();
                topics.forEach(
                    (topic, records) ->
                        ofSaga.put(topic, TopicLog.header(records.get(0), EventHeaders.OUTCOME)));
                outcomes.put(saga, ofSaga);
              });
      return outcomes;
    }

    Set<String> sagasWith(String topic) {
      return sagas(events -> events.containsKey(topic));
    }

    Set<String> sagasWith(String topic, String outcome) {
      return sagas(events -> outcome.equals(events.get(topic)));
    }

    private Set<String> sagas(Predicate<Map<String, String>> events) {
      return outcomes.entrySet().stream()
          .filter(saga -> events.test(saga.getValue()))
          .map(Map.Entry::getKey)
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  @BeforeAll
  static void run() {
    once = Run.withAttempts(1);
    upToFiveTimes = Run.withAttempts(5);
  }

  @Test
  void as_many_steps_are_compensated_and_not_skipped_as_had_completed_whenever_a_saga_fails() {
    for (Run run : List.of(once, upToFiveTimes)) {
      assertThat(run.verdict().violations()).isEmpty();
      assertThat(run.verdict().unwound()).hasSizeBetween(TRIPS / 5, TRIPS - 1);
      for (String saga : run.verdict().unwound()) {
        Map<String, String> events = run.outcomes().getOrDefault(saga, Map.of());
        assertThat(
                Service.IN_ORDER.stream()
                    .filter(step -> "compensated".equals(events.get(step.compensated))))
            .as(saga + ": " + events)
            .hasSameSizeAs(
                Service.IN_ORDER.stream()
                    .filter(step -> events.containsKey(step.completed))
                    .toList());
      }
    }
  }

  @Test
  void trying_the_car_again_completes_more_trips_and_books_no_second_car() {
    for (String rejected : List.of(FLIGHT.failed, HOTEL.failed)) {
      assertThat(upToFiveTimes.sagasWith(rejected)).isEqualTo(once.sagasWith(rejected));
    }
    assertThat(upToFiveTimes.sagasWith(CAR.failed, "rejected"))
        .isEqualTo(once.sagasWith(CAR.failed, "rejected"));
    Set<String> saved = once.sagasWith(CAR.failed, "exhausted");
    assertThat(saved).hasSizeGreaterThan(TRIPS / 20);
    assertThat(upToFiveTimes.sagasWith(CAR.failed, "exhausted")).isEmpty();
    Set<String> completed = new TreeSet<>(once.verdict().completed());
    completed.addAll(saved);
    assertThat(upToFiveTimes.verdict().completed()).isEqualTo(completed);
    for (Run run : List.of(once, upToFiveTimes)) {
      assertThat(run.carsTaken()).isEqualTo(run.verdict().completed().size());
    }
  }

  @Test
  void a_compensation_that_ends_in_an_error_is_tried_again_and_undoes_once() {
    for (Run run : List.of(once, upToFiveTimes)) {
      for (Service service : List.of(FLIGHT, HOTEL)) {
        Set<String> erred = run.erredUndoing().getOrDefault(service, Set.of());
        assertThat(erred).hasSizeGreaterThan(2);
        assertThat(run.sagasWith(service.compensated, "compensated")).containsAll(erred);
      }
      // What was undone twice, or not at all, would be missed in an inventory; see Verdict.
      assertThat(run.verdict().violations()).isEmpty();
      assertThat(run.verdict().repeats()).as("starts, each adopted once").isEqualTo(TRIPS);
    }
  }
}
