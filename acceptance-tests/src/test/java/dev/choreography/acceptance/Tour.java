// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.acceptance.tour.CarHeld;
import dev.choreography.acceptance.tour.CarRefused;
import dev.choreography.acceptance.tour.InsuranceCancelled;
import dev.choreography.acceptance.tour.InsuranceRefused;
import dev.choreography.acceptance.tour.RoomFreed;
import dev.choreography.acceptance.tour.RoomHeld;
import dev.choreography.acceptance.tour.RoomRefused;
import dev.choreography.acceptance.tour.SeatFreed;
import dev.choreography.acceptance.tour.SeatHeld;
import dev.choreography.acceptance.tour.SeatRefused;
import dev.choreography.acceptance.tour.TourAsked;
import dev.choreography.acceptance.tour.TourInsured;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * A choreography in two versions: a flight, a hotel and a car in a row; and the same with an
 * insurance before the car. A participant has the name of its step.
 */
final class Tour {

  static final List<String> PARTICIPANTS = List.of("flight", "hotel", "insurance", "car");
  static final Choreography FIRST = version(1);
  static final Choreography SECOND = version(2);

  private static final int ONE_IN = 8;

  private Tour() {}

  private static Choreography version(int number) {
    boolean insured = number == 2;
    Choreography.Builder tour =
        Choreography.named("tour")
            .version(number)
            .startedBy(TourAsked.class)
            .deadline(Duration.ofMinutes(30))
            .step(
                "flight",
                step ->
                    step.ownedBy("flight")
                        .after(TourAsked.class)
                        .completes(SeatHeld.class)
                        .fails(SeatRefused.class)
                        .compensates(SeatFreed.class))
            .step(
                "hotel",
                step ->
                    step.ownedBy("hotel")
                        .after(SeatHeld.class)
                        .completes(RoomHeld.class)
                        .fails(RoomRefused.class)
                        .compensates(RoomFreed.class))
            .step(
                "car",
                step ->
                    step.ownedBy("car")
                        .after(insured ? TourInsured.class : RoomHeld.class)
                        .completes(CarHeld.class)
                        .fails(CarRefused.class));
    if (insured) {
      tour.step(
          "insurance",
          step ->
              step.ownedBy("insurance")
                  .after(RoomHeld.class)
                  .completes(TourInsured.class)
                  .fails(InsuranceRefused.class)
                  .compensates(InsuranceCancelled.class));
    }
    return tour.build();
  }

  /** Whether a step says no to a saga: always the same, whoever asks and how often. */
  static boolean refuses(String step, String saga) {
    return Math.floorMod((saga + " at the " + step).hashCode(), ONE_IN) == 0;
  }

  static SpecificRecord completed(String step, String saga) {
    return switch (step) {
      case "flight" -> new SeatHeld(saga);
      case "hotel" -> new RoomHeld(saga);
      case "insurance" -> new TourInsured(saga);
      default -> new CarHeld(saga);
    };
  }

  static SpecificRecord refused(String step, String saga) {
    String reason = "none for " + saga;
    return switch (step) {
      case "flight" -> new SeatRefused(saga, reason);
      case "hotel" -> new RoomRefused(saga, reason);
      case "insurance" -> new InsuranceRefused(saga, reason);
      default -> new CarRefused(saga, reason);
    };
  }

  static SpecificRecord undone(String step, String saga) {
    String reason = "undone for " + saga;
    return switch (step) {
      case "flight" -> new SeatFreed(saga, reason);
      case "hotel" -> new RoomFreed(saga, reason);
      default -> new InsuranceCancelled(saga, reason);
    };
  }

  /** The step at which a saga of a version fails; null if it completes. */
  static @Nullable Step failing(Choreography version, String saga) {
    return version.steps().stream()
        .filter(step -> refuses(step.name(), saga))
        .findFirst()
        .orElse(null);
  }

  /** The topics that a saga is on once it has ended under the rules of a version. */
  static Set<String> expected(Choreography version, String saga) {
    Step failing = failing(version, saga);
    Set<String> events = new TreeSet<>(Set.of(version.start().topic()));
    for (Step step : version.steps()) {
      if (step.equals(failing)) {
        events.add(step.failed().topic());
        break;
      }
      events.add(step.completed().topic());
      if (failing != null) {
        Optional.ofNullable(step.compensated()).ifPresent(event -> events.add(event.topic()));
      }
    }
    return events;
  }

  /** The journal's state of a step once the saga has ended; null if it has no row. */
  static @Nullable String expectedState(Choreography version, Step step, String saga) {
    Step failing = failing(version, saga);
    if (failing == null) {
      return "CONFIRMED";
    }
    int before = version.steps().indexOf(step) - version.steps().indexOf(failing);
    return before > 0 ? null : before == 0 ? "FAILED" : "COMPENSATED";
  }
}
