// SPDX-License-Identifier: Apache-2.0
package dev.choreography.flight;

import dev.choreography.BatchStepHandler.Request;
import dev.choreography.chassis.SqlArrays;
import dev.choreography.tripbooking.BookingStarted;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The tables {@code flights} and {@code seat_reservations}, in somebody else's transaction. Flights
 * are locked in their order, so that two batches cannot deadlock.
 */
final class Flights {

  private static final String LOCK =
      "SELECT flight_id, available FROM flights WHERE flight_id = ANY (?) ORDER BY flight_id FOR UPDATE";

  private static final String ADD =
      """
      UPDATE flights SET available = available + change.seats
        FROM unnest(?::text[], ?::int[]) AS change (flight_id, seats)
       WHERE flights.flight_id = change.flight_id
      """;

  private static final String RESERVE =
      """
      INSERT INTO seat_reservations (saga_id, booking_id, customer_id, flight_id, held_until)
      SELECT saga_id, booking_id, customer_id, flight_id, held_until::timestamptz
        FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
             AS granted (saga_id, booking_id, customer_id, flight_id, held_until)
      RETURNING saga_id, reservation_id
      """;

  private static final String CONFIRM =
      """
      UPDATE seat_reservations SET status = 'booked', booked_at = now()
       WHERE reservation_id = ANY (?) AND status = 'held'
      """;

  private static final String CANCEL =
      """
      UPDATE seat_reservations SET status = 'cancelled', cancelled_at = now()
       WHERE reservation_id = ANY (?) AND status = 'held'
      RETURNING flight_id
      """;

  private final Connection connection;

  Flights(Connection connection) {
    this.connection = connection;
  }

  /**
   * Locks flights until the transaction ends.
   *
   * @return how many seats are left on each that there is
   */
  Map<String, Integer> lockSeats(Collection<String> flights) throws SQLException {
    Map<String, Integer> left = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
      statement.setArray(1, SqlArrays.text(connection, flights));
      try (ResultSet flight = statement.executeQuery()) {
        while (flight.next()) {
          left.put(flight.getString("flight_id"), flight.getInt("available"));
        }
      }
    }
    return left;
  }

  /**
   * Holds a seat for each trip; to be called when the flights are locked and have them.
   *
   * @return the reservation of each saga
   */
  Map<String, String> reserve(List<Request<BookingStarted>> trips) throws SQLException {
    Map<String, String> reservations = new HashMap<>();
    Map<String, Integer> taken = new TreeMap<>();
    trips.forEach(trip -> taken.merge(trip.event().getTrip().getFlightId(), -1, Integer::sum));
    addSeats(taken);
    try (PreparedStatement statement = connection.prepareStatement(RESERVE)) {
      statement.setArray(1, SqlArrays.text(connection, trips, trip -> trip.saga().sagaId()));
      statement.setArray(
          2, SqlArrays.text(connection, trips, trip -> trip.event().getTrip().getBookingId()));
      statement.setArray(
          3, SqlArrays.text(connection, trips, trip -> trip.event().getTrip().getCustomerId()));
      statement.setArray(
          4, SqlArrays.text(connection, trips, trip -> trip.event().getTrip().getFlightId()));
      statement.setArray(
          5, SqlArrays.text(connection, trips, trip -> trip.saga().deadline().toString()));
      try (ResultSet reserved = statement.executeQuery()) {
        while (reserved.next()) {
          reservations.put(reserved.getString(1), reserved.getString(2));
        }
      }
    }
    return reservations;
  }

  /**
   * Books the seats that are held.
   *
   * @throws IllegalStateException if one of them is not held
   */
  void confirm(List<String> reservations) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(CONFIRM)) {
      statement.setArray(1, SqlArrays.text(connection, reservations));
      requireAll(reservations, statement.executeUpdate(), "booked");
    }
  }

  /**
   * Gives back the seats that are held.
   *
   * @throws IllegalStateException if one of them is not held, so that it cannot be given back
   */
  void cancel(List<String> reservations) throws SQLException {
    Map<String, Integer> given = new TreeMap<>();
    int count = 0;
    try (PreparedStatement statement = connection.prepareStatement(CANCEL)) {
      statement.setArray(1, SqlArrays.text(connection, reservations));
      try (ResultSet cancelled = statement.executeQuery()) {
        while (cancelled.next()) {
          given.merge(cancelled.getString(1), 1, Integer::sum);
          count++;
        }
      }
    }
    requireAll(reservations, count, "cancelled");
    lockSeats(given.keySet());
    addSeats(given);
  }

  private void addSeats(Map<String, Integer> seats) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(ADD)) {
      statement.setArray(1, SqlArrays.text(connection, seats.keySet()));
      statement.setArray(2, SqlArrays.integers(connection, seats.values()));
      statement.executeUpdate();
    }
  }

  private static void requireAll(List<String> reservations, int found, String to) {
    if (found != reservations.size()) {
      throw new IllegalStateException(
          "seat reservations %s cannot be %s: expected each in seat_reservations as 'held'; find out who changed it, then resolve the step by hand"
              .formatted(reservations, to));
    }
  }
}
