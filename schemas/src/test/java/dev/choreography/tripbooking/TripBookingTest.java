// SPDX-License-Identifier: Apache-2.0
package dev.choreography.tripbooking;

import static dev.choreography.protocol.Signal.CANCELLED;
import static dev.choreography.protocol.Signal.STARTED;
import static dev.choreography.protocol.Signal.compensated;
import static dev.choreography.protocol.Signal.completed;
import static dev.choreography.protocol.Signal.failed;
import static dev.choreography.tripbooking.TripBooking.CHOREOGRAPHY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.EventType;
import dev.choreography.protocol.Protocol;
import dev.choreography.protocol.Signal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TripBookingTest {

  private static final int FLIGHT = CHOREOGRAPHY.indexOf("flight");
  private static final int HOTEL = CHOREOGRAPHY.indexOf("hotel");
  private static final int CAR = CHOREOGRAPHY.indexOf("car");

  @Test
  void the_flight_hears_that_the_hotel_failed_or_was_undone() {
    assertThat(heardBy(FLIGHT))
        .containsExactlyInAnyOrder(
            STARTED, CANCELLED, failed(HOTEL), compensated(HOTEL), completed(CAR));
  }

  @Test
  void the_hotel_follows_the_flight_and_hears_that_the_car_failed() {
    assertThat(heardBy(HOTEL))
        .containsExactlyInAnyOrder(CANCELLED, completed(FLIGHT), failed(CAR), completed(CAR));
  }

  @Test
  void the_car_follows_the_hotel_and_has_nothing_to_undo() {
    assertThat(heardBy(CAR)).containsExactlyInAnyOrder(CANCELLED, completed(HOTEL));
    assertThat(CHOREOGRAPHY.step("car").compensated()).isNull();
  }

  @Test
  void the_topics_are_named_as_the_schema_files() {
    assertThat(CHOREOGRAPHY.events().stream().map(EventType::topic))
        .containsExactly(
            "booking_started",
            "flight_booked",
            "flight_booking_failed",
            "flight_compensated",
            "hotel_booked",
            "hotel_booking_failed",
            "hotel_compensated",
            "car_booked",
            "car_booking_failed");
  }

  @Test
  void its_picture_is_the_one_in_the_readme() throws IOException {
    assertThat(Files.readString(Path.of("../README.md")))
        .contains("```mermaid\n" + CHOREOGRAPHY.mermaid() + "\n```");
  }

  /** Whoever changes the graph, the owners or the events gives the choreography a new version. */
  @Test
  void version_1_keeps_its_fingerprint() {
    assertThat(CHOREOGRAPHY.id()).isEqualTo("trip_booking:1:b3c662bfd95aa5d5");
  }

  private static Set<Signal> heardBy(int step) {
    return Protocol.hears(CHOREOGRAPHY.graph(), step);
  }
}
