// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import dev.choreography.kafka.Topics;
import dev.choreography.protocol.EventHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * How it all ended, told from topics and databases alone.
 *
 * @param completed the sagas that completed
 * @param unwound the sagas that were compensated in full
 * @param violations what breaks a promise, a sentence each
 * @param repeats records that say again what an earlier one of the same saga and type said
 */
record Verdict(Set<String> completed, Set<String> unwound, List<String> violations, int repeats) {

  private static final String ENDED =
      "SELECT count(*) FROM choreography_journal WHERE state IN ('CONFIRMED', 'FAILED', 'COMPENSATED')";
  private static final String NOT_ENDED =
      """
      SELECT saga_id, state, coalesce(error, '') FROM choreography_journal
       WHERE state NOT IN ('CONFIRMED', 'FAILED', 'COMPENSATED') ORDER BY saga_id LIMIT 10
      """;
  private static final String UNPUBLISHED =
      "SELECT topic, saga_id FROM choreography_outbox ORDER BY id LIMIT 10";

  /** Waits until nothing is under way any more. */
  static void awaitEnd(TripSystem system, Duration atMost) {
    try {
      Awaitility.await("every saga has ended")
          .atMost(atMost)
          .pollInterval(Duration.ofMillis(200))
          .until(() -> hasEnded(system));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          "after %s not every saga has ended: %s".formatted(atMost, whatIsLeft(system)), e);
    }
  }

  /** The first step's row ends last: backwards it waits for the others, forwards for the last. */
  private static boolean hasEnded(TripSystem system) {
    return system.number(Service.FLIGHT, ENDED) >= system.sagas().size()
        && Service.IN_ORDER.stream()
            .allMatch(
                service ->
                    system.query(service, NOT_ENDED).isEmpty()
                        && system.query(service, UNPUBLISHED).isEmpty());
  }

  private static String whatIsLeft(TripSystem system) {
    StringBuilder left = new StringBuilder();
    left.append(system.number(Service.FLIGHT, ENDED))
        .append(" of ")
        .append(system.sagas().size())
        .append(" ended at the flight");
    for (Service service : Service.IN_ORDER) {
      left.append("; ")
          .append(service)
          .append(" not ended ")
          .append(system.query(service, NOT_ENDED))
          .append(", outbox ")
          .append(system.query(service, UNPUBLISHED));
    }
    return left.toString();
  }

  /** Judges everything that this environment has seen. */
  static Verdict of(TripSystem system) {
    List<String> violations = new ArrayList<>();
    Set<String> completed = new TreeSet<>();
    Set<String> unwound = new TreeSet<>();
    int repeats = 0;
    Map<String, Map<String, List<ConsumerRecord<byte[], byte[]>>>> topics = system.log().bySaga();
    if (!topics.keySet().equals(system.sagas())) {
      violations.add("booked were %s, the topics know %s".formatted(system.sagas(), topics));
    }
    for (Map.Entry<String, Map<String, List<ConsumerRecord<byte[], byte[]>>>> saga :
        topics.entrySet()) {
      Set<String> events = saga.getValue().keySet();
      Service failed = failed(events);
      if (!events.equals(expected(failed))) {
        violations.add("saga %s ended with %s".formatted(saga.getKey(), events));
      }
      (failed == null ? completed : unwound).add(saga.getKey());
      for (List<ConsumerRecord<byte[], byte[]>> records : saga.getValue().values()) {
        repeats += records.size() - 1;
        checkAlike(saga.getKey(), records, violations);
      }
      checkUndoing(saga.getKey(), saga.getValue(), failed, violations);
    }
    Map<String, Service> failures = new HashMap<>();
    topics.forEach(
        (saga, events) -> {
          Service failed = failed(events.keySet());
          if (failed != null) {
            failures.put(saga, failed);
          }
        });
    for (Service service : Service.IN_ORDER) {
      checkJournal(system, service, completed, failures, violations);
      checkInventory(system, service, completed, violations);
      checkDeadLetters(system, service, violations);
    }
    return new Verdict(completed, unwound, violations, repeats);
  }

  private static @Nullable Service failed(Set<String> events) {
    return Service.IN_ORDER.stream()
        .filter(service -> events.contains(service.failed))
        .findFirst()
        .orElse(null);
  }

  /** The events of a saga that completed, or of one that failed at this service. */
  private static Set<String> expected(@Nullable Service failed) {
    Set<String> events = new HashSet<>(Set.of("booking_started"));
    for (Service service : Service.IN_ORDER) {
      if (service == failed) {
        events.add(service.failed);
        break;
      }
      events.add(service.completed);
      if (failed != null) {
        events.add(service.compensated);
      }
    }
    return events;
  }

  private static void checkAlike(
      String saga, List<ConsumerRecord<byte[], byte[]>> records, List<String> violations) {
    ConsumerRecord<byte[], byte[]> first = records.get(0);
    for (ConsumerRecord<byte[], byte[]> record : records) {
      if (!Arrays.equals(record.value(), first.value())) {
        violations.add("saga %s has two different %s".formatted(saga, record.topic()));
      }
      if (record.partition() != first.partition()) {
        violations.add("saga %s has %s on two partitions".formatted(saga, record.topic()));
      }
    }
  }

  /** What was completed was undone, not skipped, and after all that followed it. */
  private static void checkUndoing(
      String saga,
      Map<String, List<ConsumerRecord<byte[], byte[]>>> events,
      @Nullable Service failed,
      List<String> violations) {
    for (int i = 0; failed != null && i < Service.IN_ORDER.indexOf(failed); i++) {
      Service service = Service.IN_ORDER.get(i);
      Service next = Service.IN_ORDER.get(i + 1);
      String cause = saga + "/" + (next == failed ? next.failed : next.compensated);
      for (ConsumerRecord<byte[], byte[]> undone :
          events.getOrDefault(service.compensated, List.of())) {
        String outcome = TopicLog.header(undone, EventHeaders.OUTCOME);
        String causation = TopicLog.header(undone, EventHeaders.CAUSATION);
        if (!outcome.equals("compensated") || !causation.equals(cause)) {
          violations.add(
              "saga %s has a %s with outcome %s after %s, expected compensated after %s"
                  .formatted(saga, service.compensated, outcome, causation, cause));
        }
      }
    }
  }

  private static void checkJournal(
      TripSystem system,
      Service service,
      Set<String> completed,
      Map<String, Service> failures,
      List<String> violations) {
    Map<String, String> expected = new HashMap<>();
    completed.forEach(saga -> expected.put(saga, "CONFIRMED"));
    failures.forEach(
        (saga, failed) -> {
          if (service.compareTo(failed) <= 0) {
            expected.put(saga, service == failed ? "FAILED" : "COMPENSATED");
          }
        });
    Map<String, String> found = new HashMap<>();
    system
        .query(service, "SELECT saga_id, state FROM choreography_journal")
        .forEach(row -> found.put(row.get(0), row.get(1)));
    Set<String> sagas = new LinkedHashSet<>(expected.keySet());
    sagas.addAll(found.keySet());
    for (String saga : sagas) {
      String should = expected.getOrDefault(saga, "no row");
      String is = found.getOrDefault(saga, "no row");
      if (!should.equals(is)) {
        violations.add(
            "saga %s is %s in the journal of %s, the topics say %s"
                .formatted(saga, is, service, should));
      }
    }
  }

  /** A booking stands for each of these sagas, and for no other; what is free was counted right. */
  static void checkInventory(
      TripSystem system, Service service, Set<String> completed, List<String> violations) {
    Set<String> standing = new HashSet<>();
    system.query(service, service.standing).forEach(row -> standing.add(row.get(0)));
    if (!standing.equals(completed)) {
      Set<String> wrong = new TreeSet<>(standing);
      wrong.removeAll(completed);
      Set<String> missing = new TreeSet<>(completed);
      missing.removeAll(standing);
      violations.add(
          "%s: these bookings stand and should not %s, these should %s"
              .formatted(service, wrong, missing));
    }
    for (List<String> row : system.query(service, service.inventory)) {
      long capacity = Long.parseLong(row.get(1));
      long available = Long.parseLong(row.get(2));
      long booked = Long.parseLong(row.get(3));
      if (capacity != TripSystem.INVENTORY || available != capacity - booked) {
        violations.add(
            "%s: %s has %d of %d left with %d bookings that stand"
                .formatted(service, row.get(0), available, capacity, booked));
      }
    }
  }

  static void checkDeadLetters(TripSystem system, Service service, List<String> violations) {
    String topic = Topics.deadLetters(service.participant());
    TopicLog.read(system.bootstrapServers(), List.of(topic))
        .records()
        .forEach(
            letter ->
                violations.add(
                    "%s: dead letter %s"
                        .formatted(service, TopicLog.header(letter, "dead_letter_reason"))));
  }
}
