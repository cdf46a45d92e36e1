// SPDX-License-Identifier: Apache-2.0
package dev.choreography.flight;

import dev.choreography.tripbooking.Trip;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** The tables {@code flights} and {@code seat_reservations}, in somebody else's transaction. */
final class Flights {

  private static final String RESERVE =
      """
      WITH seat AS (
        UPDATE flights SET available = available - 1
        WHERE flight_id = ? AND available > 0
        RETURNING flight_id)
      INSERT INTO seat_reservations (saga_id, booking_id, customer_id, flight_id, held_until)
      SELECT ?, ?, ?, flight_id, ?::timestamptz FROM seat
      RETURNING reservation_id
      """;

  private static final String EXISTS = "SELECT 1 FROM flights WHERE flight_id = ?";

  private static final String CONFIRM =
      """
      UPDATE seat_reservations SET status = 'booked', booked_at = now()
      WHERE reservation_id = ? AND status = 'held'
      """;

  private static final String CANCEL =
      """
      WITH cancelled AS (
        UPDATE seat_reservations SET status = 'cancelled', cancelled_at = now()
        WHERE reservation_id = ? AND status = 'held'
        RETURNING flight_id)
      UPDATE flights SET available = available + 1
      FROM cancelled WHERE flights.flight_id = cancelled.flight_id
      """;

  private final Connection connection;

  Flights(Connection connection) {
    this.connection = connection;
  }

  /**
   * Holds a seat on the trip's flight.
   *
   * @param until when people may expect to know whether the trip takes place
   * @return the reservation, or empty if there is no such flight or no seat left
   */
  Optional<String> reserve(String sagaId, Trip trip, Instant until) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(RESERVE)) {
      statement.setString(1, trip.getFlightId());
      statement.setString(2, sagaId);
      statement.setString(3, trip.getBookingId());
      statement.setString(4, trip.getCustomerId());
      statement.setString(5, until.toString());
      try (ResultSet reserved = statement.executeQuery()) {
        return reserved.next() ? Optional.of(reserved.getString(1)) : Optional.empty();
      }
    }
  }

  boolean exists(String flightId) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(EXISTS)) {
      statement.setString(1, flightId);
      try (ResultSet flight = statement.executeQuery()) {
        return flight.next();
      }
    }
  }

  /**
   * Books the seat that is held.
   *
   * @throws IllegalStateException if it is not held
   */
  void confirm(String reservationId) throws SQLException {
    change(CONFIRM, reservationId, "booked");
  }

  /**
   * Gives back the seat that is held.
   *
   * @throws IllegalStateException if it is not held, so that nothing can be given back
   */
  void cancel(String reservationId) throws SQLException {
    change(CANCEL, reservationId, "cancelled");
  }

  private void change(String sql, String reservationId, String to) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, reservationId);
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException(
            "seat reservation %s cannot be %s: expected it in seat_reservations as 'held'; find out who changed it, then resolve the step by hand"
                .formatted(reservationId, to));
      }
    }
  }
}
