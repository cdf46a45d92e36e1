// SPDX-License-Identifier: Apache-2.0
package trip;

import static trip.Trip.CHOREOGRAPHY;

import dev.choreography.examples.LocalRun;
import java.util.List;

/**
 * Books some trips, of which one can be had; exit code 0 only if the others left nothing behind.
 */
public final class ParallelTrip {

  private static final String HOTELS =
      "INSERT INTO hotels VALUES ('PALACE', 300, 5), ('INN', 90, 0)";
  private static final String CARS = "INSERT INTO cars VALUES ('COMPACT', 100, 5), ('VAN', 200, 0)";
  private static final String FLIGHTS =
      "INSERT INTO flights VALUES ('LH-100', 200, 5), ('LH-200', 150, 0)";
  private static final String ACCOUNTS = "INSERT INTO accounts VALUES ('ann', 1000), ('bob', 500)";

  private static final List<TripRequested> TRIPS =
      List.of(
          new TripRequested("trip-1", "ann", "PALACE", "COMPACT", "LH-100"),
          new TripRequested("trip-2", "bob", "PALACE", "COMPACT", "LH-100"), // has 500, needs 600
          new TripRequested("trip-3", "ann", "INN", "COMPACT", "LH-100"),
          new TripRequested("trip-4", "ann", "PALACE", "VAN", "LH-100"),
          new TripRequested("trip-5", "ann", "PALACE", "COMPACT", "LH-200"));

  private ParallelTrip() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws Exception {
    boolean holds;
    try (LocalRun run = LocalRun.of(CHOREOGRAPHY)) {
      run.participant(
          "hotel-service",
          ReserveRoom.TABLES + HOTELS,
          service -> service.hosts(CHOREOGRAPHY, "room", new ReserveRoom()));
      run.participant(
          "car-service",
          ReserveCar.TABLES + CARS,
          service -> service.hosts(CHOREOGRAPHY, "car", new ReserveCar()));
      run.participant(
          "flight-service",
          ReserveSeat.TABLES + FLIGHTS,
          service -> service.hosts(CHOREOGRAPHY, "seat", new ReserveSeat()));
      run.participant(
          "payment-service",
          TakePayment.TABLES + ACCOUNTS,
          service -> service.hosts(CHOREOGRAPHY, "payment", new TakePayment()));
      run.participant("travel-agency", "", agency -> agency.starts(CHOREOGRAPHY));

      run.conserves("hotel-service", "rooms", ReserveRoom.ROOMS);
      run.conserves("car-service", "cars", ReserveCar.CARS);
      run.conserves("flight-service", "seats", ReserveSeat.SEATS);
      run.conserves("payment-service", "money", TakePayment.MONEY);
      run.belongsToCompletedSagas("hotel-service", "SELECT saga_id FROM room_reservations");
      run.belongsToCompletedSagas("car-service", "SELECT saga_id FROM car_reservations");
      run.belongsToCompletedSagas("flight-service", "SELECT saga_id FROM seat_reservations");
      run.belongsToCompletedSagas("payment-service", "SELECT saga_id FROM payments");

      for (TripRequested trip : TRIPS) {
        run.start("travel-agency", trip);
      }
      holds = run.conclude();
    }
    System.exit(holds ? 0 : 1);
  }
}
