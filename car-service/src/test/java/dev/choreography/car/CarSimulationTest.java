// SPDX-License-Identifier: Apache-2.0
package dev.choreography.car;

import dev.choreography.chassis.Inventory;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.local.LocalPostgres;
import dev.choreography.testkit.Simulated;
import dev.choreography.testkit.Simulation;
import dev.choreography.testkit.World;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.Trip;
import dev.choreography.tripbooking.TripBooking;
import java.sql.SQLException;
import java.time.LocalDate;

/** Whole trips, of which this service's part is real and in a real database. */
class CarSimulationTest {

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
  void under_all_faults_no_car_is_lost_or_let_twice(Simulation simulation) throws SQLException {
    try (LocalPostgres postgres = LocalPostgres.start();
        Inventory inventory = Inventory.create(postgres, 80)) {
      inventory.transaction().rollback();
      simulation.run(TripBooking.CHOREOGRAPHY, world -> describe(world, inventory));
    }
  }

  private static void describe(World world, Inventory inventory) {
    inventory.execute("TRUNCATE car_reservations; UPDATE car_locations SET available = capacity");
    world
        .starts(id -> new BookingStarted(id, TRIP))
        .<BookingStarted>fakes(
            "flight", 0.1, asked -> new FlightBooked(asked.getSagaId(), TRIP, "F-1", 1))
        .<FlightBooked>fakes(
            "hotel", 0.1, booked -> new HotelBooked(booked.getSagaId(), TRIP, "H-1", 3))
        .hosts("car", new BookCar(SimulatedFailures.none("car")))
        .database("car-service", inventory.database())
        .conserves("cars", () -> inventory.execute(FREE_AND_TAKEN));
  }

  private static final String FREE_AND_TAKEN =
      """
      SELECT (SELECT sum(available) FROM car_locations)
             + (SELECT count(*) FROM car_reservations)
      """;
}
