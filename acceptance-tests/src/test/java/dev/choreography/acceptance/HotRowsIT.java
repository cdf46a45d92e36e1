// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many bookings of three flights, hotels and locations by two instances of each service. Their
 * batches take these rows in one order and do not deadlock; somebody else takes them in the other.
 */
class HotRowsIT {

  private static final Logger LOG = LoggerFactory.getLogger(HotRowsIT.class);
  private static final int BOOKINGS = Integer.getInteger("acceptance.hot.bookings", 2_000);
  private static final Duration PATIENCE = Duration.ofSeconds(60 + BOOKINGS / 50);

  private final Random random = new Random(42);

  @Test
  void a_deadlock_over_hot_rows_rejects_no_saga_and_loses_none() {
    try (TripSystem system = TripSystem.start("hot-rows", 4)) {
      List<ServiceProcess> instances = new ArrayList<>();
      for (String instance : List.of("1", "2")) {
        for (Service service : Service.values()) {
          instances.add(system.start(service, instance, Map.of()));
        }
      }
      instances.forEach(ServiceProcess::awaitUp);
      system.awaitSharedBy(2);
      long began = System.nanoTime();
      Set<String> impossible = new HashSet<>();
      Verdict verdict;
      int waves = 0;
      do {
        try (OtherUser inTheWay = OtherUser.of(system)) {
          LOG.debug("{} is in the way", inTheWay);
          impossible.addAll(bookAWave(system));
          verdict = system.awaitVerdict(PATIENCE);
        }
        waves++;
      } while (system.deadlocks() == 0 && waves < 5);
      Duration took = Duration.ofNanos(System.nanoTime() - began);
      long deadlocks = system.deadlocks();
      long repeated = instances.stream().mapToLong(i -> i.count("are done again, alone")).sum();
      ServiceProcess.Work work =
          instances.stream()
              .map(ServiceProcess::terminate)
              .reduce(new ServiceProcess.Work(0, 0), ServiceProcess.Work::plus);
      LOG.info(
          "{} bookings in {} s: {} deadlocks, {} batches repeated, {} steps in {} batches",
          waves * BOOKINGS,
          took.toSeconds(),
          deadlocks,
          repeated,
          work.steps(),
          work.batches());
      assertThat(verdict.violations()).isEmpty();
      assertThat(verdict.unwound()).isEqualTo(impossible);
      assertThat(deadlocks).as("deadlocks, without which this shows nothing").isPositive();
    }
  }

  /** Returns the sagas among them that the car has to refuse. */
  private Set<String> bookAWave(TripSystem system) {
    List<Booking> bookings = new ArrayList<>();
    Set<String> impossible = new HashSet<>();
    for (int i = 0; i < BOOKINGS; i++) {
      Booking booking = Booking.spread("%016x".formatted(random.nextLong()), i);
      if (i % 10 == 0) {
        impossible.add(booking.sagaId());
        booking = booking.withLocation("NOWHERE");
      }
      bookings.add(booking);
    }
    system.book(bookings);
    return impossible;
  }
}
