// SPDX-License-Identifier: Apache-2.0
package dev.choreography.car;

import dev.choreography.tripbooking.Trip;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * The tables {@code car_locations} and {@code car_reservations}, in somebody else's transaction.
 */
final class Cars {

  private static final String RESERVE =
      """
      WITH car AS (
        UPDATE car_locations SET available = available - 1
        WHERE location_id = ? AND available > 0
        RETURNING location_id)
      INSERT INTO car_reservations
        (saga_id, booking_id, customer_id, pickup_date, return_date, location_id)
      SELECT ?, ?, ?, ?, ?, location_id FROM car
      RETURNING reservation_id
      """;

  private static final String EXISTS = "SELECT 1 FROM car_locations WHERE location_id = ?";

  private final Connection connection;

  Cars(Connection connection) {
    this.connection = connection;
  }

  /**
   * Takes a car at the trip's location.
   *
   * @return the reservation, or empty if there is no such location or no car left
   */
  Optional<String> reserve(String sagaId, Trip trip) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(RESERVE)) {
      statement.setString(1, trip.getCarLocation());
      statement.setString(2, sagaId);
      statement.setString(3, trip.getBookingId());
      statement.setString(4, trip.getCustomerId());
      statement.setObject(5, trip.getPickupDate());
      statement.setObject(6, trip.getReturnDate());
      try (ResultSet reserved = statement.executeQuery()) {
        return reserved.next() ? Optional.of(reserved.getString(1)) : Optional.empty();
      }
    }
  }

  boolean exists(String locationId) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(EXISTS)) {
      statement.setString(1, locationId);
      try (ResultSet location = statement.executeQuery()) {
        return location.next();
      }
    }
  }
}
