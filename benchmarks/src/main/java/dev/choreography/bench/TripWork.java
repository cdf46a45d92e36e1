// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.CarBooked;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.Trip;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * The three steps of the trip booking, written by hand: the services' own SQL, a few statements for
 * a whole batch as their handlers do it, on the tables of their own migrations.
 */
enum TripWork implements Work {
  FLIGHT("flight", Trips.STARTED, Trips.FLIGHT, Trips.CAR) {
    @Override
    public List<SpecificRecord> execute(Connection connection, List<SpecificRecord> requests)
        throws SQLException {
      List<BookingStarted> starts = cast(requests, BookingStarted.class);
      take(connection, LOCK_FLIGHTS, TAKE_SEATS, starts, start -> start.getTrip().getFlightId());
      Map<String, String> reserved =
          reserve(
              connection,
              RESERVE_SEATS,
              text(connection, starts, BookingStarted::getSagaId),
              text(connection, starts, start -> start.getTrip().getBookingId()),
              text(connection, starts, start -> start.getTrip().getCustomerId()),
              text(connection, starts, start -> start.getTrip().getFlightId()));
      List<SpecificRecord> completed = new ArrayList<>(starts.size());
      for (BookingStarted start : starts) {
        String saga = start.getSagaId();
        completed.add(
            new FlightBooked(saga, start.getTrip(), Objects.requireNonNull(reserved.get(saga)), 1));
      }
      return completed;
    }

    @Override
    public void confirm(Connection connection, List<SpecificRecord> completed) throws SQLException {
      try (PreparedStatement statement = connection.prepareStatement(CONFIRM_SEATS)) {
        statement.setArray(
            1,
            text(connection, cast(completed, FlightBooked.class), FlightBooked::getReservationId));
        statement.executeUpdate();
      }
    }
  },

  HOTEL("hotel", Trips.FLIGHT, Trips.HOTEL, Trips.CAR) {
    @Override
    public List<SpecificRecord> execute(Connection connection, List<SpecificRecord> requests)
        throws SQLException {
      List<FlightBooked> booked = cast(requests, FlightBooked.class);
      List<Trip> trips = booked.stream().map(FlightBooked::getTrip).toList();
      takeRooms(connection, trips);
      Map<String, String> reserved =
          reserve(
              connection,
              RESERVE_ROOMS,
              text(connection, booked, FlightBooked::getSagaId),
              text(connection, trips, Trip::getBookingId),
              text(connection, trips, Trip::getCustomerId),
              text(connection, trips, Trip::getHotelId),
              text(connection, trips, trip -> trip.getCheckIn().toString()),
              text(connection, trips, trip -> trip.getCheckOut().toString()));
      List<SpecificRecord> completed = new ArrayList<>(booked.size());
      for (FlightBooked flight : booked) {
        String saga = flight.getSagaId();
        Trip trip = flight.getTrip();
        int nights = (int) trip.getCheckIn().datesUntil(trip.getCheckOut()).count();
        completed.add(
            new HotelBooked(saga, trip, Objects.requireNonNull(reserved.get(saga)), nights));
      }
      return completed;
    }
  },

  CAR("car", Trips.HOTEL, Trips.CAR, null) {
    @Override
    public List<SpecificRecord> execute(Connection connection, List<SpecificRecord> requests)
        throws SQLException {
      List<HotelBooked> booked = cast(requests, HotelBooked.class);
      List<Trip> trips = booked.stream().map(HotelBooked::getTrip).toList();
      take(connection, LOCK_LOCATIONS, TAKE_CARS, trips, Trip::getCarLocation);
      Map<String, String> reserved =
          reserve(
              connection,
              RESERVE_CARS,
              text(connection, booked, HotelBooked::getSagaId),
              text(connection, trips, Trip::getBookingId),
              text(connection, trips, Trip::getCustomerId),
              text(connection, trips, trip -> trip.getPickupDate().toString()),
              text(connection, trips, trip -> trip.getReturnDate().toString()),
              text(connection, trips, Trip::getCarLocation));
      List<SpecificRecord> completed = new ArrayList<>(booked.size());
      for (HotelBooked hotel : booked) {
        String saga = hotel.getSagaId();
        completed.add(
            new CarBooked(saga, hotel.getTrip(), Objects.requireNonNull(reserved.get(saga))));
      }
      return completed;
    }
  };

  private static final String LOCK_FLIGHTS =
      "SELECT flight_id, available FROM flights WHERE flight_id = ANY (?) ORDER BY flight_id FOR UPDATE";

  private static final String TAKE_SEATS =
      """
      UPDATE flights SET available = available - change.seats
        FROM unnest(?::text[], ?::int[]) AS change (flight_id, seats)
       WHERE flights.flight_id = change.flight_id
      """;

  private static final String RESERVE_SEATS =
      """
      INSERT INTO seat_reservations (saga_id, booking_id, customer_id, flight_id, held_until)
      SELECT saga_id, booking_id, customer_id, flight_id, now()
        FROM unnest(?::text[], ?::text[], ?::text[], ?::text[])
             AS granted (saga_id, booking_id, customer_id, flight_id)
      RETURNING saga_id, reservation_id
      """;

  private static final String CONFIRM_SEATS =
      """
      UPDATE seat_reservations SET status = 'booked', booked_at = now()
       WHERE reservation_id = ANY (?) AND status = 'held'
      """;

  private static final String LOCK_NIGHTS =
      """
      SELECT hotel_id, night, available
        FROM room_nights
        JOIN unnest(?::text[], ?::text[], ?::text[]) AS stays (hotel_id, check_in, check_out)
             USING (hotel_id)
       WHERE night >= check_in::date AND night < check_out::date
       ORDER BY hotel_id, night
         FOR UPDATE OF room_nights
      """;

  private static final String TAKE_ROOMS =
      """
      UPDATE room_nights SET available = available - change.rooms
        FROM unnest(?::text[], ?::text[], ?::int[]) AS change (hotel_id, night, rooms)
       WHERE room_nights.hotel_id = change.hotel_id AND room_nights.night = change.night::date
      """;

  private static final String RESERVE_ROOMS =
      """
      INSERT INTO room_reservations
             (saga_id, booking_id, customer_id, hotel_id, check_in, check_out)
      SELECT saga_id, booking_id, customer_id, hotel_id, check_in::date, check_out::date
        FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
             AS granted (saga_id, booking_id, customer_id, hotel_id, check_in, check_out)
      RETURNING saga_id, reservation_id
      """;

  private static final String LOCK_LOCATIONS =
      "SELECT location_id, available FROM car_locations WHERE location_id = ANY (?) ORDER BY location_id FOR UPDATE";

  private static final String TAKE_CARS =
      """
      UPDATE car_locations SET available = available - taken.cars
        FROM unnest(?::text[], ?::int[]) AS taken (location_id, cars)
       WHERE car_locations.location_id = taken.location_id
      """;

  private static final String RESERVE_CARS =
      """
      INSERT INTO car_reservations
             (saga_id, booking_id, customer_id, pickup_date, return_date, location_id)
      SELECT saga_id, booking_id, customer_id, pickup_date::date, return_date::date, location_id
        FROM unnest(?::text[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
             AS granted (saga_id, booking_id, customer_id, pickup_date, return_date, location_id)
      RETURNING saga_id, reservation_id
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
  public void confirm(Connection connection, List<SpecificRecord> completed) throws SQLException {
    // Nothing was only reserved.
  }

  private static <T> List<T> cast(List<SpecificRecord> events, Class<T> type) {
    return events.stream().map(type::cast).toList();
  }

  /** Locks what there is of each place, and takes one of it for each that wants one. */
  private static <T> void take(
      Connection connection, String lock, String take, List<T> wanting, Function<T, String> place)
      throws SQLException {
    Map<String, Integer> wanted = new TreeMap<>();
    wanting.forEach(one -> wanted.merge(place.apply(one), 1, Integer::sum));
    try (PreparedStatement statement = connection.prepareStatement(lock)) {
      statement.setArray(1, text(connection, wanted.keySet(), id -> id));
      try (ResultSet left = statement.executeQuery()) {
        while (left.next()) {
          requireEnough(left.getInt(2), wanted.getOrDefault(left.getString(1), 0));
        }
      }
    }
    try (PreparedStatement statement = connection.prepareStatement(take)) {
      statement.setArray(1, text(connection, wanted.keySet(), id -> id));
      statement.setArray(2, connection.createArrayOf("integer", wanted.values().toArray()));
      statement.executeUpdate();
    }
  }

  private static void takeRooms(Connection connection, List<Trip> trips) throws SQLException {
    record Night(String hotel, LocalDate date) {}
    Map<String, LocalDate> first = new TreeMap<>();
    Map<String, LocalDate> last = new TreeMap<>();
    Map<Night, Integer> wanted = new HashMap<>();
    for (Trip trip : trips) {
      String hotel = trip.getHotelId();
      first.merge(hotel, trip.getCheckIn(), (a, b) -> a.isBefore(b) ? a : b);
      last.merge(hotel, trip.getCheckOut(), (a, b) -> a.isAfter(b) ? a : b);
      trip.getCheckIn()
          .datesUntil(trip.getCheckOut())
          .forEach(date -> wanted.merge(new Night(hotel, date), 1, Integer::sum));
    }
    try (PreparedStatement statement = connection.prepareStatement(LOCK_NIGHTS)) {
      statement.setArray(1, text(connection, first.keySet(), hotel -> hotel));
      statement.setArray(2, text(connection, first.values(), LocalDate::toString));
      statement.setArray(3, text(connection, last.values(), LocalDate::toString));
      try (ResultSet left = statement.executeQuery()) {
        while (left.next()) {
          Night night = new Night(left.getString(1), left.getObject(2, LocalDate.class));
          requireEnough(left.getInt(3), wanted.getOrDefault(night, 0));
        }
      }
    }
    try (PreparedStatement statement = connection.prepareStatement(TAKE_ROOMS)) {
      statement.setArray(1, text(connection, wanted.keySet(), Night::hotel));
      statement.setArray(2, text(connection, wanted.keySet(), night -> night.date().toString()));
      statement.setArray(3, connection.createArrayOf("integer", wanted.values().toArray()));
      statement.executeUpdate();
    }
  }

  private static void requireEnough(int left, int wanted) throws SQLException {
    if (left < wanted) {
      throw new SQLException("nothing is left, this measurement needs some for each trip");
    }
  }

  private static Map<String, String> reserve(Connection connection, String sql, Array... columns)
      throws SQLException {
    Map<String, String> reservations = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < columns.length; i++) {
        statement.setArray(i + 1, columns[i]);
      }
      try (ResultSet reserved = statement.executeQuery()) {
        while (reserved.next()) {
          reservations.put(reserved.getString(1), reserved.getString(2));
        }
      }
    }
    return reservations;
  }

  private static <T> Array text(
      Connection connection, Collection<T> rows, Function<T, String> column) throws SQLException {
    return connection.createArrayOf("text", rows.stream().map(column).toArray(String[]::new));
  }
}
