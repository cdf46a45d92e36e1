// SPDX-License-Identifier: Apache-2.0
package dev.choreography.hotel;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.HotelBookingFailed;
import dev.choreography.tripbooking.HotelCompensated;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.Optional;

/** Takes a room at the trip's hotel for each night of the stay, or for none. */
final class BookHotel implements StepHandler<FlightBooked, HotelBooked> {

  private final SimulatedFailures failures;

  BookHotel(SimulatedFailures failures) {
    this.failures = failures;
  }

  @Override
  public Outcome execute(FlightBooked request, StepContext saga) throws SQLException {
    if (failures.reject(saga)) {
      return rejected(saga, "no room could be confirmed (simulated)");
    }
    Hotels hotels = new Hotels(saga.connection());
    Stay stay = Stay.of(request.getTrip());
    if (stay.count() < 1) {
      return rejected(
          saga, "from %s to %s there is no night".formatted(stay.checkIn(), stay.checkOut()));
    }
    Optional<LocalDate> full = hotels.lockNights(stay);
    if (full.isPresent()) {
      return rejected(
          saga,
          hotels.exists(stay.hotelId())
              ? "hotel %s has no room for the night of %s".formatted(stay.hotelId(), full.get())
              : "there is no hotel %s".formatted(stay.hotelId()));
    }
    String reservation = hotels.reserve(saga.sagaId(), request.getTrip());
    failures.errAfterExecution(saga);
    return Outcome.completed(
        new HotelBooked(saga.sagaId(), request.getTrip(), reservation, stay.count()));
  }

  @Override
  public HotelCompensated compensate(HotelBooked booked, StepContext saga) throws SQLException {
    new Hotels(saga.connection()).cancel(booked.getReservationId());
    failures.errAfterCompensation(saga);
    return new HotelCompensated(
        saga.sagaId(), "the trip could not be booked in full", booked.getReservationId());
  }

  private static Outcome rejected(StepContext saga, String reason) {
    return Outcome.rejected(new HotelBookingFailed(saga.sagaId(), reason));
  }
}
