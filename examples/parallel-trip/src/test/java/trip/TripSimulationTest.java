// SPDX-License-Identifier: Apache-2.0
package trip;

import dev.choreography.examples.LocalDatabases;
import dev.choreography.examples.ParticipantDatabase;
import dev.choreography.testkit.Simulated;
import dev.choreography.testkit.Simulation;
import java.util.Map;

/** Trips under all faults: in memory, many; with the real handlers on PostgreSQL, some. */
class TripSimulationTest {

  @Simulated(sagas = 10_000)
  void every_room_is_free_or_reserved_by_one_trip(Simulation simulation) {
    simulation.run(
        Trip.CHOREOGRAPHY,
        world -> {
          Map<String, Integer> free = world.table();
          Map<String, String> reservations = world.table();
          free.put("PALACE", 80);
          world
              .starts(TripSimulationTest::request)
              .hosts("room", new ReserveRoomFake(free, reservations))
              .<TripRequested>fakes("car", 0.1, trip -> new CarReserved(trip.getSagaId(), 100))
              .<TripRequested>fakes("seat", 0.1, trip -> new SeatReserved(trip.getSagaId(), 200))
              .<RoomReserved>fakes("payment", 0.1, room -> new TripPaid(room.getSagaId(), 600))
              .conserves("rooms", () -> free.get("PALACE") + reservations.size());
        });
  }

  /** Of the 100 trips of a round every tenth cannot be paid, and there are not enough rooms. */
  @Simulated(sagas = 200)
  void nothing_is_lost_or_sold_twice(Simulation simulation) {
    try (LocalDatabases databases = new LocalDatabases()) {
      ParticipantDatabase hotel = databases.with(ReserveRoom.TABLES);
      ParticipantDatabase rental = databases.with(ReserveCar.TABLES);
      ParticipantDatabase airline = databases.with(ReserveSeat.TABLES);
      ParticipantDatabase bank = databases.with(TakePayment.TABLES);
      simulation.run(
          Trip.CHOREOGRAPHY,
          world -> {
            hotel.execute("TRUNCATE hotels CASCADE; INSERT INTO hotels VALUES ('PALACE', 300, 80)");
            rental.execute("TRUNCATE cars CASCADE; INSERT INTO cars VALUES ('COMPACT', 100, 100)");
            airline.execute(
                "TRUNCATE flights CASCADE; INSERT INTO flights VALUES ('LH-100', 200, 100)");
            bank.execute(
                "TRUNCATE accounts CASCADE; INSERT INTO accounts VALUES ('ann', 60000), ('bob', 0)");
            world
                .starts(TripSimulationTest::request)
                .hosts("room", new ReserveRoom())
                .hosts("car", new ReserveCar())
                .hosts("seat", new ReserveSeat())
                .hosts("payment", new TakePayment())
                .database("hotel-service", hotel.source())
                .database("car-service", rental.source())
                .database("flight-service", airline.source())
                .database("payment-service", bank.source())
                .conserves("rooms", () -> hotel.number(ReserveRoom.ROOMS))
                .conserves("cars", () -> rental.number(ReserveCar.CARS))
                .conserves("seats", () -> airline.number(ReserveSeat.SEATS))
                .conserves("money", () -> bank.number(TakePayment.MONEY));
          });
    }
  }

  private static TripRequested request(String id) {
    String customer = id.endsWith("0") ? "bob" : "ann";
    return new TripRequested(id, customer, "PALACE", "COMPACT", "LH-100");
  }
}
