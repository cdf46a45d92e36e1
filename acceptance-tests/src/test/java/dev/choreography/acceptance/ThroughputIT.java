// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.local.LocalOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells how many sagas a second, and in what batches; {@code -Dacceptance.throughput.bookings=5000}
 * runs it. One instance of each service as the other tests start them, PostgreSQL waiting for the
 * disk, everything on one machine. Time counts from the first start's timestamp to the last car's.
 */
@EnabledIfSystemProperty(named = "acceptance.throughput.bookings", matches = "\\d+")
class ThroughputIT {

  private static final Logger LOG = LoggerFactory.getLogger(ThroughputIT.class);
  private static final int BOOKINGS = Integer.getInteger("acceptance.throughput.bookings", 0);

  @Test
  void every_booking_of_a_large_run_completes() {
    try (TripSystem system =
        TripSystem.start("throughput", 4, LocalOptions.defaults().withDurablePostgres())) {
      Map<Service, ServiceProcess> running = new EnumMap<>(Service.class);
      for (Service service : Service.values()) {
        running.put(service, system.start(service, "1", Map.of()));
      }
      running.values().forEach(ServiceProcess::awaitUp);
      system.awaitSharedBy(1);
      book(system, "warm-up", 500);
      system.awaitVerdict(Duration.ofMinutes(1));
      book(system, "saga", BOOKINGS);
      Verdict verdict = system.awaitVerdict(Duration.ofMinutes(5));
      assertThat(verdict.violations()).isEmpty();
      assertThat(verdict.completed()).hasSize(500 + BOOKINGS);
      TopicLog log = system.log();
      double seconds =
          (times(log, "car_booked").getMax() - times(log, "booking_started").getMin()) / 1000.0;
      LOG.info(
          "{} sagas in {} s, {} a second; with the warm-up's 500: {}",
          BOOKINGS,
          seconds,
          Math.round(BOOKINGS / seconds),
          running.entrySet().stream()
              .map(entry -> words(entry.getKey(), entry.getValue().terminate()))
              .collect(Collectors.joining(", ")));
    }
  }

  private static void book(TripSystem system, String name, int count) {
    List<Booking> bookings = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      bookings.add(Booking.spread("%s %d".formatted(name, i), i));
    }
    system.book(bookings);
  }

  private static LongSummaryStatistics times(TopicLog log, String topic) {
    return log.records().stream()
        .filter(record -> record.topic().equals(topic))
        .filter(
            record ->
                !new String(record.key(), java.nio.charset.StandardCharsets.UTF_8)
                    .startsWith("warm"))
        .mapToLong(ConsumerRecord::timestamp)
        .summaryStatistics();
  }

  private static String words(Service service, ServiceProcess.Work work) {
    return "%s %d steps in %d batches, %.1f a batch"
        .formatted(service, work.steps(), work.batches(), (double) work.steps() / work.batches());
  }
}
