// SPDX-License-Identifier: Apache-2.0
package dev.choreography.flight;

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
class FlightSimulationTest {

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
  void under_all_faults_no_seat_is_lost_or_sold_twice(Simulation simulation) throws SQLException {
    try (LocalPostgres postgres = LocalPostgres.start();
        Inventory inventory = Inventory.create(postgres, 80)) {
      inventory.transaction().rollback();
      simulation.run(TripBooking.CHOREOGRAPHY, world -> describe(world, inventory));
    }
  }

  private static void describe(World world, Inventory inventory) {
    inventory.execute("TRUNCATE seat_reservations; UPDATE flights SET available = capacity");
    world
        .starts(id -> new BookingStarted(id, TRIP))
        .hosts("flight", new BookFlight(SimulatedFailures.none("flight")))
        .<FlightBooked>fakes(
            "hotel", 0.1, booked -> new HotelBooked(booked.getSagaId(), TRIP, "H-1", 3))
        .<HotelBooked>fakes("car", 0.3, booked -> new CarBooked(booked.getSagaId(), TRIP, "C-1"))
        .database("flight-service", inventory.database())
        .conserves("flights", () -> inventory.execute(FREE_AND_TAKEN));
  }

  private static final String FREE_AND_TAKEN =
      """
      SELECT (SELECT sum(available) FROM flights)
             + (SELECT count(*) FROM seat_reservations WHERE status <> 'cancelled')
      """;
}
