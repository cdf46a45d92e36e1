// SPDX-License-Identifier: Apache-2.0
package dev.choreography.car;

import dev.choreography.BatchStepHandler.Request;
import dev.choreography.chassis.SqlArrays;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.Trip;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The tables {@code car_locations} and {@code car_reservations}, in somebody else's transaction.
 * Locations are locked in their order, so that two batches cannot deadlock.
 */
final class Cars {

  private static final String LOCK =
      "SELECT location_id, available FROM car_locations WHERE location_id = ANY (?) ORDER BY location_id FOR UPDATE";

  private static final String TAKE =
      """
      UPDATE car_locations SET available = available - taken.cars
        FROM unnest(?::text[], ?::int[]) AS taken (location_id, cars)
       WHERE car_locations.location_id = taken.location_id
      """;

  private static final String RESERVE =
      """
      INSERT INTO car_reservations
             (saga_id, booking_id, customer_id, pickup_date, return_date, location_id)
      SELECT saga_id, booking_id, customer_id, pickup_date::date, return_date::date, location_id
        FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
             AS granted (saga_id, booking_id, customer_id, pickup_date, return_date, location_id)
      RETURNING saga_id, reservation_id
      """;

  private final Connection connection;

  Cars(Connection connection) {
    this.connection = connection;
  }

  /**
   * Locks locations until the transaction ends.
   *
   * @return how many cars are left at each that there is
   */
  Map<String, Integer> lockCars(Collection<String> locations) throws SQLException {
    Map<String, Integer> left = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
      statement.setArray(1, SqlArrays.text(connection, locations));
      try (ResultSet location = statement.executeQuery()) {
        while (location.next()) {
          left.put(location.getString("location_id"), location.getInt("available"));
        }
      }
    }
    return left;
  }

  /**
   * Takes a car for each trip; to be called when the locations are locked and have them.
   *
   * @return the reservation of each saga
   */
  Map<String, String> reserve(List<Request<HotelBooked>> trips) throws SQLException {
    Map<String, Integer> taken = new TreeMap<>();
    trips.forEach(trip -> taken.merge(trip.event().getTrip().getCarLocation(), 1, Integer::sum));
    try (PreparedStatement statement = connection.prepareStatement(TAKE)) {
      statement.setArray(1, SqlArrays.text(connection, taken.keySet()));
      statement.setArray(2, SqlArrays.integers(connection, taken.values()));
      statement.executeUpdate();
    }
    Map<String, String> reservations = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(RESERVE)) {
      statement.setArray(1, SqlArrays.text(connection, trips, trip -> trip.saga().sagaId()));
      statement.setArray(2, ofTrip(trips, Trip::getBookingId));
      statement.setArray(3, ofTrip(trips, Trip::getCustomerId));
      statement.setArray(4, ofTrip(trips, trip -> trip.getPickupDate().toString()));
      statement.setArray(5, ofTrip(trips, trip -> trip.getReturnDate().toString()));
      statement.setArray(6, ofTrip(trips, Trip::getCarLocation));
      try (ResultSet reserved = statement.executeQuery()) {
        while (reserved.next()) {
          reservations.put(reserved.getString(1), reserved.getString(2));
        }
      }
    }
    return reservations;
  }

  private Array ofTrip(List<Request<HotelBooked>> trips, Function<Trip, String> column)
      throws SQLException {
    return SqlArrays.text(connection, trips, trip -> column.apply(trip.event().getTrip()));
  }
}
