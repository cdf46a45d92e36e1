// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.CarBooked;
import dev.choreography.tripbooking.CarBookingFailed;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.FlightBookingFailed;
import dev.choreography.tripbooking.FlightCompensated;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.HotelBookingFailed;
import dev.choreography.tripbooking.HotelCompensated;
import dev.choreography.tripbooking.Trip;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/** What the events of a trip say, for people. */
final class TripWords {

  private TripWords() {}

  static String of(@Nullable IndexedRecord event) {
    if (event instanceof BookingStarted started) {
      Trip trip = started.getTrip();
      return "%s books %s, %s from %s to %s, a car at %s"
          .formatted(
              trip.getCustomerId(),
              trip.getFlightId(),
              trip.getHotelId(),
              trip.getCheckIn(),
              trip.getCheckOut(),
              trip.getCarLocation());
    }
    if (event instanceof FlightBooked booked) {
      return "seat %s on %s".formatted(booked.getReservationId(), booked.getTrip().getFlightId());
    }
    if (event instanceof HotelBooked booked) {
      return "room %s at %s, %s nights"
          .formatted(booked.getReservationId(), booked.getTrip().getHotelId(), booked.getNights());
    }
    if (event instanceof CarBooked booked) {
      return "car %s at %s".formatted(booked.getReservationId(), booked.getTrip().getCarLocation());
    }
    if (event instanceof FlightBookingFailed failed) {
      return failed.getReason();
    }
    if (event instanceof HotelBookingFailed failed) {
      return failed.getReason();
    }
    if (event instanceof CarBookingFailed failed) {
      return failed.getReason();
    }
    if (event instanceof HotelCompensated undone) {
      return givenBack("room", undone.getReservationId(), undone.getReason());
    }
    if (event instanceof FlightCompensated undone) {
      return givenBack("seat", undone.getReservationId(), undone.getReason());
    }
    return "";
  }

  private static String givenBack(String what, String reservation, String reason) {
    return reservation.isEmpty()
        ? "no %s was taken: %s".formatted(what, reason)
        : "%s %s given back: %s".formatted(what, reservation, reason);
  }
}
