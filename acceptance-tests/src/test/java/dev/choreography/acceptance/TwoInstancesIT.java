// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two instances of each service share the work, and one of each leaves in the midst of it. */
class TwoInstancesIT {

  private static final Duration SOON = Duration.ofSeconds(90);
  private static final int WAVE = 400;
  private static final Map<Service, String> FAILURES =
      Map.of(Service.FLIGHT, "0.1", Service.HOTEL, "0.15", Service.CAR, "0.3");

  private static TripSystem system;
  private static Map<Service, ServiceProcess> second = new HashMap<>();
  private static int booked;
  private static long stepsOfThoseWhoLeft;

  enum Leaving {
    SIGTERM,
    SIGKILL
  }

  @BeforeAll
  static void start() {
    system = TripSystem.start("two-instances", 4);
    start("1").values().forEach(ServiceProcess::awaitUp);
    second = start("2");
    second.values().forEach(ServiceProcess::awaitUp);
    system.awaitSharedBy(2);
  }

  @AfterAll
  static void close() {
    system.close();
  }

  private static Map<Service, ServiceProcess> start(String instance) {
    Map<Service, ServiceProcess> started = new HashMap<>();
    FAILURES.forEach(
        (service, rate) ->
            started.put(service, system.start(service, instance, Map.of("FAILURE_RATE", rate))));
    return started;
  }

  @ParameterizedTest
  @EnumSource
  void one_leaves_in_the_midst_and_comes_back_and_nothing_is_lost_or_doubled(Leaving how) {
    long endedBefore = ended();
    bookAWave();
    Awaitility.await("some sagas have ended")
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> ended() > endedBefore);
    assertThat(ended()).as("ended, so that others are under way").isLessThan(booked);
    for (ServiceProcess leaving : second.values()) {
      switch (how) {
        case SIGTERM -> stepsOfThoseWhoLeft += leaving.terminate().steps();
        case SIGKILL -> leaving.kill();
      }
    }
    assertThat(stepsOfThoseWhoLeft).as("steps of those who left").isPositive();
    bookAWave();
    second = start("2-after-" + how);
    second.values().forEach(ServiceProcess::awaitUp);
    system.awaitSharedBy(2);
    bookAWave();
    Verdict verdict = system.awaitVerdict(SOON);
    assertThat(verdict.violations()).isEmpty();
    assertThat(verdict.completed()).isNotEmpty();
    assertThat(verdict.unwound()).isNotEmpty();
  }

  private static void bookAWave() {
    List<Booking> wave = new ArrayList<>();
    for (int i = 0; i < WAVE; i++) {
      wave.add(Booking.spread("saga " + booked, booked));
      booked++;
    }
    system.book(wave);
  }

  /** Whose first step has ended, which is the last to end. */
  private static long ended() {
    return system.number(
        Service.FLIGHT,
        "SELECT count(*) FROM choreography_journal WHERE state IN ('CONFIRMED', 'FAILED', 'COMPENSATED')");
  }
}
