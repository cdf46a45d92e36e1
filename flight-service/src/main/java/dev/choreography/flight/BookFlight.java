// SPDX-License-Identifier: Apache-2.0
package dev.choreography.flight;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.FlightBookingFailed;
import dev.choreography.tripbooking.FlightCompensated;
import java.sql.SQLException;
import java.util.Optional;

/** Holds a seat on the trip's flight, and books it when the trip is complete. */
final class BookFlight implements StepHandler<BookingStarted, FlightBooked> {

  private final SimulatedFailures failures;

  BookFlight(SimulatedFailures failures) {
    this.failures = failures;
  }

  @Override
  public Outcome execute(BookingStarted request, StepContext saga) throws SQLException {
    if (failures.reject(saga)) {
      return rejected(saga, "no seat could be confirmed (simulated)");
    }
    Flights flights = new Flights(saga.connection());
    String flight = request.getTrip().getFlightId();
    Optional<String> reservation =
        flights.reserve(saga.sagaId(), request.getTrip(), saga.deadline());
    if (reservation.isEmpty()) {
      return rejected(
          saga,
          flights.exists(flight)
              ? "flight %s is sold out".formatted(flight)
              : "there is no flight %s".formatted(flight));
    }
    failures.errAfterExecution(saga);
    return Outcome.completed(
        new FlightBooked(saga.sagaId(), request.getTrip(), reservation.get(), 1));
  }

  @Override
  public FlightCompensated compensate(FlightBooked booked, StepContext saga) throws SQLException {
    new Flights(saga.connection()).cancel(booked.getReservationId());
    failures.errAfterCompensation(saga);
    return new FlightCompensated(
        saga.sagaId(), "the trip could not be booked in full", booked.getReservationId());
  }

  @Override
  public void confirm(FlightBooked booked, StepContext saga) throws SQLException {
    new Flights(saga.connection()).confirm(booked.getReservationId());
  }

  private static Outcome rejected(StepContext saga, String reason) {
    return Outcome.rejected(new FlightBookingFailed(saga.sagaId(), reason));
  }
}
