// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.local.LocalPart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What the services need is killed and comes back: they say soon what they wait for, go on by
 * themselves, and have lost nothing.
 */
class OutageIT {

  /** How long it is away. */
  private static final Duration OUTAGE =
      Duration.ofSeconds(Integer.getInteger("acceptance.outage.seconds", 10));

  private static final Duration SOON = Duration.ofSeconds(45);
  private static final int BOOKINGS = 60;
  private static final String WAITING = "outcome=waiting";

  private static TripSystem system;
  private static final List<ServiceProcess> RUNNING = new ArrayList<>();

  @BeforeAll
  static void start() {
    system = TripSystem.start("outage", 3);
    startServices("1");
    RUNNING.forEach(ServiceProcess::awaitUp);
  }

  @AfterAll
  static void close() {
    system.close();
  }

  private static void startServices(String instance) {
    for (Service service : Service.values()) {
      RUNNING.add(system.start(service, instance, Map.of("FAILURE_RATE", "0.2")));
    }
  }

  @Test
  void kafka_away_in_mid_run() {
    survives(system.kafka());
  }

  @Test
  void databases_away_in_mid_run() {
    survives(system.postgres());
  }

  /** It is not needed: what was asked once is remembered. */
  @Test
  void a_registry_away_in_mid_run_is_not_missed() {
    system.book(bookings("before it goes"));
    assertThatAllIsWell();
    system.registry().kill();
    try {
      system.book(bookings("while it is away"));
      assertThatAllIsWell();
    } finally {
      system.registry().restart();
    }
  }

  @Test
  void all_of_them_away_at_the_start() {
    RUNNING.forEach(ServiceProcess::terminate);
    RUNNING.clear();
    system.book(bookings("nobody is there"));
    List<LocalPart> parts = List.of(system.postgres(), system.kafka(), system.registry());
    parts.forEach(LocalPart::kill);
    startServices("2");
    for (LocalPart part : parts) {
      try {
        awaitWaiting(waits());
      } finally {
        part.restart();
      }
    }
    RUNNING.forEach(ServiceProcess::awaitUp);
    assertThatAllIsWell();
  }

  private static void survives(LocalPart part) {
    system.book(bookings("before " + part.getClass().getSimpleName()));
    Map<ServiceProcess, Long> before = waits();
    part.kill();
    try {
      awaitWaiting(before);
      Usage usage = Usage.of(RUNNING);
      Awaitility.await("the outage").pollDelay(OUTAGE).atMost(OUTAGE.plus(SOON)).until(() -> true);
      Usage meanwhile = Usage.of(RUNNING).minus(usage);
      assertThat(meanwhile.lines()).as("lines logged").isLessThan(20 * OUTAGE.toSeconds());
      assertThat(meanwhile.cpu()).as("time of all services' CPU").isLessThan(OUTAGE);
    } finally {
      part.restart();
    }
    system.book(bookings("after " + part.getClass().getSimpleName()));
    assertThatAllIsWell();
  }

  /** How often each has said that it waits. */
  private static Map<ServiceProcess, Long> waits() {
    return RUNNING.stream()
        .collect(Collectors.toMap(service -> service, service -> service.count(WAITING)));
  }

  /** Each says so once more. */
  private static void awaitWaiting(Map<ServiceProcess, Long> before) {
    before.forEach(
        (service, said) ->
            Awaitility.await("it says what it waits for")
                .atMost(SOON)
                .until(() -> service.count(WAITING) > said));
  }

  private static List<Booking> bookings(String name) {
    List<Booking> bookings = new ArrayList<>();
    for (int i = 0; i < BOOKINGS; i++) {
      bookings.add(Booking.spread("%s %d".formatted(name, i), i));
    }
    return bookings;
  }

  private static void assertThatAllIsWell() {
    Verdict verdict = system.awaitVerdict(Duration.ofSeconds(90));
    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.completed()).isNotEmpty();
  }

  /** What services have used so far. */
  private record Usage(Duration cpu, long lines) {
    static Usage of(List<ServiceProcess> services) {
      return services.stream()
          .map(service -> new Usage(service.cpu(), service.said().lines().count()))
          .reduce(new Usage(Duration.ZERO, 0), Usage::plus);
    }

    Usage plus(Usage other) {
      return new Usage(cpu.plus(other.cpu), lines + other.lines);
    }

    Usage minus(Usage other) {
      return new Usage(cpu.minus(other.cpu), lines - other.lines);
    }
  }
}
