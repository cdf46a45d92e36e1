// SPDX-License-Identifier: Apache-2.0
package dev.choreography.hotel;

import dev.choreography.chassis.Inventory;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.local.LocalPostgres;
import dev.choreography.testkit.Simulated;
import dev.choreography.testkit.Simulation;
import dev.choreography.testkit.World;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.CarBooked;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.Trip;
import dev.choreography.tripbooking.TripBooking;
import java.sql.SQLException;
import java.time.LocalDate;

/** Whole trips, of which this service's part is real and in a real database. */
class HotelSimulationTest {

  private static final LocalDate MAY = LocalDate.of(2027, 5, 1);
  private static final Trip TRIP =
      new Trip(
          "B-1",
          "C-1",
          "LH-100",
          "LISBON-PALACE",
          MAY,
          MAY.plusDays(3),
          "LISBON-AIRPORT",
          MAY,
          MAY.plusDays(3));

  @Simulated(sagas = 400)
  void under_all_faults_no_room_is_lost_or_let_twice(Simulation simulation) throws SQLException {
    try (LocalPostgres postgres = LocalPostgres.start();
        Inventory inventory = Inventory.create(postgres, 80)) {
      inventory.transaction().rollback();
      simulation.run(TripBooking.CHOREOGRAPHY, world -> describe(world, inventory));
    }
  }

  private static void describe(World world, Inventory inventory) {
    inventory.execute("TRUNCATE room_reservations; UPDATE room_nights SET available = capacity");
    world
        .starts(id -> new BookingStarted(id, TRIP))
        .<BookingStarted>fakes(
            "flight", 0.1, asked -> new FlightBooked(asked.getSagaId(), TRIP, "F-1", 1))
        .hosts("hotel", new BookHotel(SimulatedFailures.none("hotel")))
        .<HotelBooked>fakes("car", 0.3, booked -> new CarBooked(booked.getSagaId(), TRIP, "C-1"))
        .database("hotel-service", inventory.database())
        .conserves("hotels", () -> inventory.execute(FREE_AND_TAKEN));
  }

  private static final String FREE_AND_TAKEN =
      """
      SELECT (SELECT sum(available) FROM room_nights)
             + (SELECT coalesce(sum(check_out - check_in), 0) FROM room_reservations
                 WHERE status = 'booked')
      """;
}
