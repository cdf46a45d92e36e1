// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.CarBooked;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.Trip;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * The three steps of the trip booking, written by hand: the services' own SQL, saga by saga as
 * their handlers do it, on the tables of their own migrations.
 */
enum TripWork implements Work {
  FLIGHT("flight", Trips.STARTED, Trips.FLIGHT, Trips.CAR) {
    @Override
    SpecificRecord execute(Connection connection, SpecificRecord request) throws SQLException {
      BookingStarted started = (BookingStarted) request;
      Trip trip = started.getTrip();
      try (PreparedStatement statement = connection.prepareStatement(RESERVE_SEAT)) {
        statement.setString(1, trip.getFlightId());
        statement.setString(2, started.getSagaId());
        statement.setString(3, trip.getBookingId());
        statement.setString(4, trip.getCustomerId());
        return new FlightBooked(started.getSagaId(), trip, first(statement), 1);
      }
    }

    @Override
    public void confirm(Connection connection, List<SpecificRecord> completed) throws SQLException {
      for (SpecificRecord event : completed) {
        try (PreparedStatement statement = connection.prepareStatement(CONFIRM_SEAT)) {
          statement.setString(1, ((FlightBooked) event).getReservationId());
          statement.executeUpdate();
        }
      }
    }
  },

  HOTEL("hotel", Trips.FLIGHT, Trips.HOTEL, Trips.CAR) {
    @Override
    SpecificRecord execute(Connection connection, SpecificRecord request) throws SQLException {
      FlightBooked booked = (FlightBooked) request;
      Trip trip = booked.getTrip();
      int nights = (int) ChronoUnit.DAYS.between(trip.getCheckIn(), trip.getCheckOut());
      try (PreparedStatement statement = connection.prepareStatement(LOCK_NIGHTS)) {
        setNights(statement, 1, trip);
        try (ResultSet night = statement.executeQuery()) {
          for (int i = 0; i < nights; i++) {
            if (!night.next() || night.getInt(2) < 1) {
              throw new SQLException("there is no room, this measurement needs one for each trip");
            }
          }
        }
      }
      try (PreparedStatement statement = connection.prepareStatement(TAKE_ROOM)) {
        setNights(statement, 1, trip);
        statement.executeUpdate();
      }
      try (PreparedStatement statement = connection.prepareStatement(RESERVE_ROOM)) {
        statement.setString(1, booked.getSagaId());
        statement.setString(2, trip.getBookingId());
        statement.setString(3, trip.getCustomerId());
        setNights(statement, 4, trip);
        return new HotelBooked(booked.getSagaId(), trip, first(statement), nights);
      }
    }
  },

  CAR("car", Trips.HOTEL, Trips.CAR, null) {
    @Override
    SpecificRecord execute(Connection connection, SpecificRecord request) throws SQLException {
      HotelBooked booked = (HotelBooked) request;
      Trip trip = booked.getTrip();
      try (PreparedStatement statement = connection.prepareStatement(RESERVE_CAR)) {
        statement.setString(1, trip.getCarLocation());
        statement.setString(2, booked.getSagaId());
        statement.setString(3, trip.getBookingId());
        statement.setString(4, trip.getCustomerId());
        statement.setObject(5, trip.getPickupDate());
        statement.setObject(6, trip.getReturnDate());
        return new CarBooked(booked.getSagaId(), trip, first(statement));
      }
    }
  };

  private static final String RESERVE_SEAT =
      """
      WITH seat AS (
        UPDATE flights SET available = available - 1
        WHERE flight_id = ? AND available > 0
        RETURNING flight_id)
      INSERT INTO seat_reservations (saga_id, booking_id, customer_id, flight_id, held_until)
      SELECT ?, ?, ?, flight_id, now() FROM seat
      RETURNING reservation_id
      """;

  private static final String CONFIRM_SEAT =
      """
      UPDATE seat_reservations SET status = 'booked', booked_at = now()
      WHERE reservation_id = ? AND status = 'held'
      """;

  private static final String LOCK_NIGHTS =
      """
      SELECT night, available FROM room_nights
      WHERE hotel_id = ? AND night >= ? AND night < ?
      ORDER BY night
      FOR UPDATE
      """;

  private static final String TAKE_ROOM =
      """
      UPDATE room_nights SET available = available - 1
      WHERE hotel_id = ? AND night >= ? AND night < ?
      """;

  private static final String RESERVE_ROOM =
      """
      INSERT INTO room_reservations
        (saga_id, booking_id, customer_id, hotel_id, check_in, check_out)
      VALUES (?, ?, ?, ?, ?, ?)
      RETURNING reservation_id
      """;

  private static final String RESERVE_CAR =
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

  private final String step;
  private final String input;
  private final String output;
  private final @Nullable String confirmedBy;

  TripWork(String step, String input, String output, @Nullable String confirmedBy) {
    this.step = step;
    this.input = input;
    this.output = output;
    this.confirmedBy = confirmedBy;
  }

  abstract SpecificRecord execute(Connection connection, SpecificRecord request)
      throws SQLException;

  @Override
  public String step() {
    return step;
  }

  @Override
  public String participant() {
    return step + "-service";
  }

  @Override
  public String input() {
    return input;
  }

  @Override
  public String output() {
    return output;
  }

  @Override
  public @Nullable String confirmedBy() {
    return confirmedBy;
  }

  @Override
  public List<SpecificRecord> execute(Connection connection, List<SpecificRecord> requests)
      throws SQLException {
    List<SpecificRecord> completed = new ArrayList<>(requests.size());
    for (SpecificRecord request : requests) {
      completed.add(execute(connection, request));
    }
    return completed;
  }

  @Override
  public void confirm(Connection connection, List<SpecificRecord> completed) throws SQLException {
    // Nothing was only reserved.
  }

  private static String first(PreparedStatement statement) throws SQLException {
    try (ResultSet reserved = statement.executeQuery()) {
      if (!reserved.next()) {
        throw new SQLException("nothing is left, this measurement needs some for each trip");
      }
      return reserved.getString(1);
    }
  }

  private static void setNights(PreparedStatement statement, int first, Trip trip)
      throws SQLException {
    statement.setString(first, trip.getHotelId());
    statement.setObject(first + 1, trip.getCheckIn());
    statement.setObject(first + 2, trip.getCheckOut());
  }
}
