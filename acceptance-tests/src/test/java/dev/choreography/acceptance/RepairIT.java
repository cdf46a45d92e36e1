// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.local.LocalOptions;
import dev.choreography.tripbooking.TripBooking;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A broker comes back without the end of its topics, which it had acknowledged, while some hundred
 * trips are under way: nobody publishes again what is gone, until an operator says so.
 */
class RepairIT {

  private static final int WAVES = 30;
  private static final int TRIPS_OF_A_WAVE = 20;
  private static final int BATCHES = 4;
  private static final int PARTITIONS = 3;
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final String NOWHERE = "NOWHERE";
  private static final String ROWS = "SELECT count(*) FROM choreography_journal";
  private static final String OPEN =
      """
      SELECT saga_id FROM choreography_journal
       WHERE state NOT IN ('CONFIRMED', 'FAILED', 'COMPENSATED')
      """;

  @Test
  void trips_whose_events_the_broker_has_lost_end_after_a_repair(@TempDir Path data) {
    try (TripSystem system =
        TripSystem.start("repair", PARTITIONS, LocalOptions.defaults().withDataFolder(data))) {
      List<ServiceProcess> running = services(system, "1", "0.2");
      List<Booking> trips = new ArrayList<>();
      for (int wave = 1; wave <= WAVES; wave++) {
        book(system, trips, wave);
      }
      // Cleanly, so that nothing that was published stays in an outbox to be published again.
      running.parallelStream().forEach(ServiceProcess::terminate);
      assertThat(open(system)).as("trips under way").hasSizeGreaterThan(TRIPS_OF_A_WAVE);
      system.kafka().kill();
      int cut =
          LogTail.cut(
              data.resolve("kafka").resolve("data"),
              topic -> TripBooking.CHOREOGRAPHY.topics().contains(topic),
              BATCHES);
      assertThat(cut).as("batches that are lost").isGreaterThan(PARTITIONS * BATCHES);
      system.kafka().restart();

      services(system, "2", "0");
      awaitRead(system);
      Set<String> stuck = open(system);
      assertThat(stuck).as("trips of which an event is lost").hasSizeGreaterThan(BATCHES);
      sendAgain(system, trips);

      String preview = system.saga("repair", "--open", "--choreography", "trip_booking");
      assertThat(preview).contains("are open; nothing was published yet");
      String said =
          system.saga("repair", "--open", "--yes", "--why", "a disk was lost", "--who", "ann");
      assertThat(said).contains("are open.").contains("are asked to publish again");
      repairTheOthers(system, stuck, said);

      Verdict.awaitEnd(system, PATIENCE);
      assertThat(violations(system)).isEmpty();
    }
  }

  private static List<ServiceProcess> services(
      TripSystem system, String instance, String failures) {
    List<ServiceProcess> started =
        Service.IN_ORDER.stream()
            .map(service -> system.start(service, instance, Map.of("FAILURE_RATE", failures)))
            .toList();
    started.forEach(ServiceProcess::awaitUp);
    return started;
  }

  /** As fast as the first service takes them, so that all services have some in hand. */
  private static void book(TripSystem system, List<Booking> trips, int wave) {
    List<Booking> some =
        Stream.iterate(0, number -> number + 1)
            .limit(TRIPS_OF_A_WAVE)
            .map(number -> Booking.spread("trip %d of wave %d".formatted(number, wave), number))
            .toList();
    trips.addAll(some);
    system.book(some);
    Awaitility.await("the flight service has begun all trips but those of a wave")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> system.number(Service.FLIGHT, ROWS) >= trips.size() - TRIPS_OF_A_WAVE);
  }

  /**
   * Some more trips of each partition, each way of ending among them, have ended: so all that is
   * left of the others was read.
   */
  private static void awaitRead(TripSystem system) {
    List<Booking> probes = new ArrayList<>();
    for (int i = 0; i < 8 * PARTITIONS; i++) {
      probes.add(Booking.of("completing %d".formatted(i)));
      probes.add(Booking.of("without hotel %d".formatted(i)).withHotel(NOWHERE));
      probes.add(Booking.of("without car %d".formatted(i)).withLocation(NOWHERE));
    }
    system.book(probes);
    Set<String> ids = probes.stream().map(Booking::sagaId).collect(Collectors.toSet());
    Awaitility.await("trips that began after the loss have ended")
        .atMost(PATIENCE)
        .until(
            () -> {
              Set<String> ended = in(system, Service.FLIGHT, "CONFIRMED");
              ended.addAll(in(system, Service.FLIGHT, "FAILED"));
              ended.addAll(in(system, Service.FLIGHT, "COMPENSATED"));
              return ended.containsAll(ids) && outboxesAreEmpty(system);
            });
  }

  private static boolean outboxesAreEmpty(TripSystem system) {
    return Service.IN_ORDER.stream()
        .allMatch(service -> system.query(service, "SELECT id FROM choreography_outbox").isEmpty());
  }

  /** Clients whose start is lost, or was adopted and never acted on, send it once more. */
  private static void sendAgain(TripSystem system, List<Booking> trips) {
    Set<String> begun = new HashSet<>();
    system
        .query(Service.FLIGHT, "SELECT saga_id FROM choreography_journal WHERE state <> 'WAITING'")
        .forEach(row -> begun.add(row.get(0)));
    system.book(trips.stream().filter(trip -> !begun.contains(trip.sagaId())).toList());
  }

  /** Those of which no event is left on any topic; their ids are in the journals alone. */
  private static void repairTheOthers(TripSystem system, Set<String> stuck, String said) {
    List<String> arguments = new ArrayList<>(List.of("repair", "--choreography", "trip_booking"));
    stuck.stream()
        .filter(saga -> !said.contains("owners of " + saga + " are asked"))
        .forEach(arguments::add);
    if (arguments.size() > 3) {
      assertThat(system.saga(arguments.toArray(String[]::new)))
          .contains("are asked to publish again");
    }
  }

  /** The trips of which a step has begun and not ended. */
  private static Set<String> open(TripSystem system) {
    Set<String> open = new TreeSet<>();
    for (Service service : Service.IN_ORDER) {
      system.query(service, OPEN).forEach(row -> open.add(row.get(0)));
    }
    return open;
  }

  private static Set<String> in(TripSystem system, Service service, String state) {
    Set<String> sagas = new TreeSet<>();
    system
        .query(service, "SELECT saga_id FROM choreography_journal WHERE state = ?", state)
        .forEach(row -> sagas.add(row.get(0)));
    return sagas;
  }

  /** By the databases alone: from the topics, some of what happened is missing. */
  private static List<String> violations(TripSystem system) {
    List<String> violations = new ArrayList<>();
    Set<String> completed = in(system, Service.FLIGHT, "CONFIRMED");
    for (Service service : Service.IN_ORDER) {
      if (!in(system, service, "CONFIRMED").equals(completed)) {
        violations.add("%s has confirmed other trips than the flight".formatted(service));
      }
      Verdict.checkInventory(system, service, completed, violations);
      Verdict.checkDeadLetters(system, service, violations);
    }
    return violations;
  }
}
