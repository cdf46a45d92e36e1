// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whatever is said again, by whomever, is known. */
class RepetitionIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int BOOKINGS = 60;
  private static final Map<Service, String> FAILURES =
      Map.of(Service.FLIGHT, "0.1", Service.HOTEL, "0.15", Service.CAR, "0.3");

  private static TripSystem system;
  private static final List<ServiceProcess> RUNNING = new ArrayList<>();

  @BeforeAll
  static void start() {
    system = TripSystem.start("repetition", 3);
    startServices("1");
  }

  @AfterAll
  static void close() {
    system.close();
  }

  private static void startServices(String instance) {
    FAILURES.forEach(
        (service, rate) ->
            RUNNING.add(system.start(service, instance, Map.of("FAILURE_RATE", rate))));
    RUNNING.forEach(ServiceProcess::awaitUp);
    system.awaitSharedBy(1);
  }

  @Test
  void a_booking_published_twice_is_booked_once() {
    List<Booking> bookings = bookings("twice");
    List<Booking> doubled = new ArrayList<>(bookings);
    doubled.addAll(bookings);
    Collections.sort(doubled, (a, b) -> a.sagaId().compareTo(b.sagaId()));
    system.book(doubled);
    assertThatAllIsWell();
  }

  @Test
  void every_event_published_once_more_changes_nothing() {
    system.book(bookings("again"));
    assertThatAllIsWell();
    system.awaitAllRead();
    Map<Service, String> before = rows();
    List<ConsumerRecord<byte[], byte[]>> said = new ArrayList<>(system.log().records());
    // The last first: what undid comes before what was done.
    Collections.reverse(said);
    for (ConsumerRecord<byte[], byte[]> record : said) {
      system.publish(
          new ProducerRecord<>(
              record.topic(), null, record.key(), record.value(), record.headers()));
    }
    assertThat(events()).as("every event, twice").isEqualTo(2 * said.size());
    system.awaitAllRead();
    assertThat(rows()).isEqualTo(before);
    assertThat(events()).as("events, nobody answered").isEqualTo(2 * said.size());
    assertThatAllIsWell();
  }

  @Test
  void the_topics_replayed_from_the_start_change_nothing() {
    system.book(bookings("replay"));
    assertThatAllIsWell();
    system.awaitAllRead();
    Map<Service, String> before = rows();
    int events = events();
    RUNNING.forEach(ServiceProcess::terminate);
    RUNNING.clear();
    for (Service service : Service.values()) {
      system.rewind(service);
      assertThat(system.lag(service)).as("to be read again").isGreaterThan(BOOKINGS);
    }
    startServices("2");
    system.awaitAllRead();
    assertThat(rows()).isEqualTo(before);
    assertThat(events()).as("events, nobody answered").isEqualTo(events);
    assertThatAllIsWell();
  }

  private static List<Booking> bookings(String name) {
    List<Booking> bookings = new ArrayList<>();
    for (int i = 0; i < BOOKINGS; i++) {
      bookings.add(Booking.spread("%s %d".formatted(name, i), i));
    }
    return bookings;
  }

  private static int events() {
    return system.log().records().size();
  }

  private static Map<Service, String> rows() {
    Map<Service, String> rows = new EnumMap<>(Service.class);
    for (Service service : Service.values()) {
      rows.put(service, system.rows(service));
    }
    return rows;
  }

  private static void assertThatAllIsWell() {
    Verdict verdict = system.awaitVerdict(SOON);
    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.completed()).isNotEmpty();
    assertThat(verdict.unwound()).isNotEmpty();
  }
}
