// SPDX-License-Identifier: Apache-2.0
package dev.choreography.hotel;

import dev.choreography.BatchStepHandler.Request;
import dev.choreography.chassis.SqlArrays;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.Trip;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The tables {@code hotels}, {@code room_nights} and {@code room_reservations}, in somebody else's
 * transaction. Nights are locked in their order, so that two batches cannot deadlock.
 */
final class Hotels {

  private static final String KNOWN = "SELECT hotel_id FROM hotels WHERE hotel_id = ANY (?)";

  /** For each hotel all nights from the first to the last of its stays. */
  private static final String LOCK =
      """
      SELECT hotel_id, night, available
        FROM room_nights
        JOIN unnest(?::text[], ?::text[], ?::text[]) AS stays (hotel_id, check_in, check_out)
             USING (hotel_id)
       WHERE night >= check_in::date AND night < check_out::date
       ORDER BY hotel_id, night
         FOR UPDATE OF room_nights
      """;

  private static final String ADD =
      """
      UPDATE room_nights SET available = available + change.rooms
        FROM unnest(?::text[], ?::text[], ?::int[]) AS change (hotel_id, night, rooms)
       WHERE room_nights.hotel_id = change.hotel_id AND room_nights.night = change.night::date
      """;

  private static final String RESERVE =
      """
      INSERT INTO room_reservations
             (saga_id, booking_id, customer_id, hotel_id, check_in, check_out)
      SELECT saga_id, booking_id, customer_id, hotel_id, check_in::date, check_out::date
        FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
             AS granted (saga_id, booking_id, customer_id, hotel_id, check_in, check_out)
      RETURNING saga_id, reservation_id
      """;

  private static final String CANCEL =
      """
      UPDATE room_reservations SET status = 'cancelled', cancelled_at = now()
       WHERE reservation_id = ANY (?) AND status = 'booked'
      RETURNING hotel_id, check_in, check_out
      """;

  private final Connection connection;

  Hotels(Connection connection) {
    this.connection = connection;
  }

  /** Those hotels of the stays that there are. */
  Set<String> known(List<Stay> stays) throws SQLException {
    Set<String> known = new HashSet<>();
    try (PreparedStatement statement = connection.prepareStatement(KNOWN)) {
      statement.setArray(
          1, SqlArrays.text(connection, stays.stream().map(Stay::hotelId).distinct().toList()));
      try (ResultSet hotel = statement.executeQuery()) {
        while (hotel.next()) {
          known.add(hotel.getString(1));
        }
      }
    }
    return known;
  }

  /**
   * Locks the nights of stays, and those between them, until the transaction ends.
   *
   * @return how many rooms are left for each that is on sale
   */
  Map<Night, Integer> lockNights(List<Stay> stays) throws SQLException {
    Map<String, Stay> whole = new TreeMap<>();
    stays.forEach(stay -> whole.merge(stay.hotelId(), stay, Stay::until));
    Map<Night, Integer> left = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
      statement.setArray(1, SqlArrays.text(connection, whole.values(), Stay::hotelId));
      statement.setArray(
          2, SqlArrays.text(connection, whole.values(), stay -> stay.checkIn().toString()));
      statement.setArray(
          3, SqlArrays.text(connection, whole.values(), stay -> stay.checkOut().toString()));
      try (ResultSet night = statement.executeQuery()) {
        while (night.next()) {
          left.put(
              new Night(night.getString("hotel_id"), night.getObject("night", LocalDate.class)),
              night.getInt("available"));
        }
      }
    }
    return left;
  }

  /**
   * Takes a room for each night of each trip's stay; to be called when they are locked and free.
   *
   * @return the reservation of each saga
   */
  Map<String, String> reserve(List<Request<FlightBooked>> trips) throws SQLException {
    addRooms(-1, trips.stream().map(trip -> Stay.of(trip.event().getTrip())).toList());
    Map<String, String> reservations = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(RESERVE)) {
      statement.setArray(1, SqlArrays.text(connection, trips, trip -> trip.saga().sagaId()));
      statement.setArray(2, ofTrip(trips, Trip::getBookingId));
      statement.setArray(3, ofTrip(trips, Trip::getCustomerId));
      statement.setArray(4, ofTrip(trips, Trip::getHotelId));
      statement.setArray(5, ofTrip(trips, trip -> trip.getCheckIn().toString()));
      statement.setArray(6, ofTrip(trips, trip -> trip.getCheckOut().toString()));
      try (ResultSet reserved = statement.executeQuery()) {
        while (reserved.next()) {
          reservations.put(reserved.getString(1), reserved.getString(2));
        }
      }
    }
    return reservations;
  }

  /**
   * Gives back what the reservations took.
   *
   * @throws IllegalStateException if one of them does not stand, so that it cannot be given back
   */
  void cancel(List<String> reservations) throws SQLException {
    List<Stay> stays = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(CANCEL)) {
      statement.setArray(1, SqlArrays.text(connection, reservations));
      try (ResultSet cancelled = statement.executeQuery()) {
        while (cancelled.next()) {
          stays.add(
              new Stay(
                  cancelled.getString("hotel_id"),
                  cancelled.getObject("check_in", LocalDate.class),
                  cancelled.getObject("check_out", LocalDate.class)));
        }
      }
    }
    if (stays.size() != reservations.size()) {
      throw new IllegalStateException(
          "room reservations %s cannot be cancelled: expected each in room_reservations as 'booked'; find out who changed it, then resolve the step by hand"
              .formatted(reservations));
    }
    lockNights(stays);
    addRooms(1, stays);
  }

  private void addRooms(int rooms, List<Stay> stays) throws SQLException {
    Map<Night, Integer> change = new TreeMap<>();
    stays.stream().flatMap(Stay::nights).forEach(night -> change.merge(night, rooms, Integer::sum));
    try (PreparedStatement statement = connection.prepareStatement(ADD)) {
      statement.setArray(1, SqlArrays.text(connection, change.keySet(), Night::hotelId));
      statement.setArray(
          2, SqlArrays.text(connection, change.keySet(), night -> night.date().toString()));
      statement.setArray(3, SqlArrays.integers(connection, change.values()));
      statement.executeUpdate();
    }
  }

  private Array ofTrip(List<Request<FlightBooked>> trips, Function<Trip, String> column)
      throws SQLException {
    return SqlArrays.text(connection, trips, trip -> column.apply(trip.event().getTrip()));
  }
}
