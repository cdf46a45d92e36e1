// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import java.util.List;

/** One of the three services, and what an outsider has to know of its tables. */
enum Service {
  FLIGHT(
      "flight_booked",
      "flight_booking_failed",
      "flight_compensated",
      "INSERT INTO seat_reservations",
      "UPDATE seat_reservations SET status = 'cancelled'",
      "SELECT saga_id FROM seat_reservations WHERE status <> 'cancelled'",
      """
      SELECT flight_id, capacity, available,
             (SELECT count(*) FROM seat_reservations booking
               WHERE booking.flight_id = flights.flight_id AND status <> 'cancelled')
        FROM flights
      """),
  HOTEL(
      "hotel_booked",
      "hotel_booking_failed",
      "hotel_compensated",
      "INSERT INTO room_reservations",
      "UPDATE room_reservations SET status = 'cancelled'",
      "SELECT saga_id FROM room_reservations WHERE status = 'booked'",
      """
      SELECT hotel_id || ' ' || night, capacity, available,
             (SELECT count(*) FROM room_reservations booking
               WHERE booking.hotel_id = room_nights.hotel_id AND status = 'booked'
                 AND night >= check_in AND night < check_out)
        FROM room_nights
      """),
  CAR(
      "car_booked",
      "car_booking_failed",
      "",
      "INSERT INTO car_reservations",
      "",
      "SELECT saga_id FROM car_reservations",
      """
      SELECT location_id, capacity, available,
             (SELECT count(*) FROM car_reservations booking
               WHERE booking.location_id = car_locations.location_id)
        FROM car_locations
      """);

  static final List<Service> IN_ORDER = List.of(FLIGHT, HOTEL, CAR);

  /** The events, which are topics. */
  final String completed;

  final String failed;
  final String compensated;

  /** What a transaction says that books, and one that undoes. */
  final String books;

  final String undoes;

  /** The sagas whose booking stands. */
  final String standing;

  /** What, how many there are, how many are free, how many bookings of it stand. */
  final String inventory;

  Service(
      String completed,
      String failed,
      String compensated,
      String books,
      String undoes,
      String standing,
      String inventory) {
    this.completed = completed;
    this.failed = failed;
    this.compensated = compensated;
    this.books = books;
    this.undoes = undoes;
    this.standing = standing;
    this.inventory = inventory;
  }

  /** The step's name. */
  String step() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /** The participant's name, which is also the consumer group's. */
  String participant() {
    return step() + "-service";
  }
}
