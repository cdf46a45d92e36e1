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
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import javax.sql.DataSource;

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
      simulation.run(TripBooking.CHOREOGRAPHY, world -> describe(world, inventory.database()));
    }
  }

  private static void describe(World world, DataSource database) {
    ask(database, "TRUNCATE room_reservations; UPDATE room_nights SET available = capacity");
    world
        .starts(id -> new BookingStarted(id, TRIP))
        .<BookingStarted>fakes(
            "flight", 0.1, asked -> new FlightBooked(asked.getSagaId(), TRIP, "F-1", 1))
        .hosts("hotel", new BookHotel(SimulatedFailures.none("hotel")))
        .<HotelBooked>fakes("car", 0.3, booked -> new CarBooked(booked.getSagaId(), TRIP, "C-1"))
        .database("hotel-service", database)
        .conserves("hotels", () -> ask(database, FREE_AND_TAKEN));
  }

  private static final String FREE_AND_TAKEN =
      """
      SELECT (SELECT sum(available) FROM room_nights)
             + (SELECT coalesce(sum(check_out - check_in), 0) FROM room_reservations
                 WHERE status = 'booked')
      """;

  private static long ask(DataSource database, String sql) {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      if (!statement.execute(sql)) {
        return 0;
      }
      try (ResultSet row = statement.getResultSet()) {
        row.next();
        return row.getLong(1);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(sql, e);
    }
  }
}
