// SPDX-License-Identifier: Apache-2.0
package dev.choreography.tripbooking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.testkit.Simulated;
import dev.choreography.testkit.Simulation;
import dev.choreography.testkit.ViolationError;
import dev.choreography.testkit.World;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The trip booking in memory; the test that the page on testing shows. */
class TripSimulationTest {

  private static final LocalDate MAY = LocalDate.of(2027, 5, 1);
  static final Trip TRIP =
      new Trip("B-1", "C-1", "LH-100", "PALACE", MAY, MAY.plusDays(3), "LISBON", MAY, MAY);

  // docs/testing.md begins
  @Simulated(sagas = 50_000)
  void every_room_is_free_or_taken_by_one_trip(Simulation simulation) {
    simulation.run(
        TripBooking.CHOREOGRAPHY,
        world -> {
          Map<String, Integer> free = world.table();
          Map<String, String> taken = world.table();
          free.put("PALACE", 80);
          world
              .starts(id -> new BookingStarted(id, TRIP))
              .<BookingStarted>fakes(
                  "flight", 0.1, asked -> new FlightBooked(asked.getSagaId(), TRIP, "F-1", 1))
              .hosts("hotel", new BookHotelFake(free, taken))
              .<HotelBooked>fakes(
                  "car", 0.3, booked -> new CarBooked(booked.getSagaId(), TRIP, "C-1"))
              .conserves("rooms", () -> free.get("PALACE") + taken.size());
        });
  }

  // docs/testing.md ends

  @Test
  void a_compensation_that_forgets_to_free_a_room_is_found() {
    ViolationError violation =
        catchThrowableOfType(
            ViolationError.class,
            () ->
                Simulation.defaults()
                    .run(TripBooking.CHOREOGRAPHY, TripSimulationTest::withForgetfulHotel));

    assertThat(violation.guarantee()).isEqualTo("rooms conserved");
    assertThat(violation)
        .hasMessageContaining("there were 80 and are 79")
        .hasMessageContaining("1 of its 100 sagas")
        .hasMessageContaining("hotel compensated -> hotel_compensated (compensated)");
  }

  @Test
  void the_page_on_testing_shows_this_test_and_what_it_finds() throws IOException {
    Path root = Path.of("..");
    String page = Files.readString(root.resolve("docs/testing.md"));
    String source =
        Files.readString(
            root.resolve(
                "schemas/src/test/java/dev/choreography/tripbooking/TripSimulationTest.java"));
    List<String> lines = source.lines().toList();
    List<String> shown =
        lines.subList(
            lines.indexOf("  // docs/testing.md begins") + 1,
            lines.indexOf("  // docs/testing.md ends") - 1);

    assertThat(page).contains(String.join("\n", shown).stripIndent());
    String handler =
        Files.readString(
            root.resolve("schemas/src/test/java/dev/choreography/tripbooking/BookHotelFake.java"));
    assertThat(page).contains(handler.substring(handler.indexOf("record BookHotelFake")).strip());
    ViolationError violation =
        catchThrowableOfType(
            ViolationError.class,
            () ->
                Simulation.defaults()
                    .run(TripBooking.CHOREOGRAPHY, TripSimulationTest::withForgetfulHotel));
    assertThat(page).contains(String.valueOf(violation.getMessage()));
  }

  private static void withForgetfulHotel(World world) {
    Map<String, Integer> free = world.table();
    Map<String, String> taken = world.table();
    free.put("PALACE", 80);
    world
        .starts(id -> new BookingStarted(id, TRIP))
        .<BookingStarted>fakes(
            "flight", 0.1, asked -> new FlightBooked(asked.getSagaId(), TRIP, "F-1", 1))
        .hosts("hotel", new ForgetfulHotel(new BookHotelFake(free, taken)))
        .<HotelBooked>fakes("car", 0.3, booked -> new CarBooked(booked.getSagaId(), TRIP, "C-1"))
        .conserves("rooms", () -> free.get("PALACE") + taken.size());
  }

  private record ForgetfulHotel(BookHotelFake hotel)
      implements StepHandler<FlightBooked, HotelBooked> {
    @Override
    public Outcome execute(FlightBooked request, StepContext saga) {
      return hotel.execute(request, saga);
    }

    @Override
    public HotelCompensated compensate(HotelBooked booked, StepContext saga) {
      hotel.taken().remove(saga.sagaId());
      return new HotelCompensated(saga.sagaId(), "forgotten", booked.getReservationId());
    }
  }
}
