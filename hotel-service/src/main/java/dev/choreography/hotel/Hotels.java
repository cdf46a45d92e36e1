// SPDX-License-Identifier: Apache-2.0
package dev.choreography.hotel;

import dev.choreography.tripbooking.Trip;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The tables {@code hotels}, {@code room_nights} and {@code room_reservations}, in somebody else's
 * transaction. A stay's nights are locked in their order, so that two stays cannot deadlock.
 */
final class Hotels {

  private static final String LOCK_NIGHTS =
      """
      SELECT night, available FROM room_nights
      WHERE hotel_id = ? AND night >= ? AND night < ?
      ORDER BY night
      FOR UPDATE
      """;

  private static final String TAKE_OR_GIVE =
      """
      UPDATE room_nights SET available = available + ?
      WHERE hotel_id = ? AND night >= ? AND night < ?
      """;

  private static final String RESERVE =
      """
      INSERT INTO room_reservations
        (saga_id, booking_id, customer_id, hotel_id, check_in, check_out)
      VALUES (?, ?, ?, ?, ?, ?)
      RETURNING reservation_id
      """;

  private static final String EXISTS = "SELECT 1 FROM hotels WHERE hotel_id = ?";

  private static final String CANCEL =
      """
      UPDATE room_reservations SET status = 'cancelled', cancelled_at = now()
      WHERE reservation_id = ? AND status = 'booked'
      RETURNING hotel_id, check_in, check_out
      """;

  private final Connection connection;

  Hotels(Connection connection) {
    this.connection = connection;
  }

  /**
   * Locks the nights of a stay.
   *
   * @return the first without a room, or empty if each has one
   */
  Optional<LocalDate> lockNights(Stay stay) throws SQLException {
    Set<LocalDate> free = new HashSet<>();
    try (PreparedStatement statement = connection.prepareStatement(LOCK_NIGHTS)) {
      set(statement, 1, stay);
      try (ResultSet night = statement.executeQuery()) {
        while (night.next()) {
          if (night.getInt("available") > 0) {
            free.add(night.getObject("night", LocalDate.class));
          }
        }
      }
    }
    return stay.nights().filter(night -> !free.contains(night)).findFirst();
  }

  boolean exists(String hotelId) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(EXISTS)) {
      statement.setString(1, hotelId);
      try (ResultSet hotel = statement.executeQuery()) {
        return hotel.next();
      }
    }
  }

  /** Takes a room for each night of the trip's stay; to be called when they are locked and free. */
  String reserve(String sagaId, Trip trip) throws SQLException {
    Stay stay = Stay.of(trip);
    addRooms(-1, stay);
    try (PreparedStatement statement = connection.prepareStatement(RESERVE)) {
      statement.setString(1, sagaId);
      statement.setString(2, trip.getBookingId());
      statement.setString(3, trip.getCustomerId());
      set(statement, 4, stay);
      try (ResultSet reserved = statement.executeQuery()) {
        reserved.next();
        return reserved.getString("reservation_id");
      }
    }
  }

  /**
   * Gives back what the reservation took.
   *
   * @throws IllegalStateException if it does not stand, so that nothing can be given back
   */
  void cancel(String reservationId) throws SQLException {
    Stay stay;
    try (PreparedStatement statement = connection.prepareStatement(CANCEL)) {
      statement.setString(1, reservationId);
      try (ResultSet cancelled = statement.executeQuery()) {
        if (!cancelled.next()) {
          throw new IllegalStateException(
              "room reservation %s cannot be cancelled: expected it in room_reservations as 'booked'; find out who changed it, then resolve the step by hand"
                  .formatted(reservationId));
        }
        stay =
            new Stay(
                cancelled.getString("hotel_id"),
                cancelled.getObject("check_in", LocalDate.class),
                cancelled.getObject("check_out", LocalDate.class));
      }
    }
    lockNights(stay);
    addRooms(1, stay);
  }

  private void addRooms(int rooms, Stay stay) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(TAKE_OR_GIVE)) {
      statement.setInt(1, rooms);
      set(statement, 2, stay);
      statement.executeUpdate();
    }
  }

  private static void set(PreparedStatement statement, int first, Stay stay) throws SQLException {
    statement.setString(first, stay.hotelId());
    statement.setObject(first + 1, stay.checkIn());
    statement.setObject(first + 2, stay.checkOut());
  }
}
