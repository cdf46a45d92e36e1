// SPDX-License-Identifier: Apache-2.0
package dev.choreography.flight;

import dev.choreography.BatchStepHandler;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.FlightBookingFailed;
import dev.choreography.tripbooking.FlightCompensated;
import dev.choreography.tripbooking.Trip;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.specific.SpecificRecord;

/** Holds a seat on the trip's flight, and books it when the trip is complete. */
final class BookFlight implements BatchStepHandler<BookingStarted, FlightBooked> {

  private final SimulatedFailures failures;

  BookFlight(SimulatedFailures failures) {
    this.failures = failures;
  }

  @Override
  public List<Outcome> executeAll(List<Request<BookingStarted>> requests) throws SQLException {
    Flights flights = flights(requests);
    Map<String, Integer> left =
        flights.lockSeats(
            requests.stream()
                .map(request -> request.event().getTrip().getFlightId())
                .distinct()
                .toList());
    Map<String, String> refused = new HashMap<>();
    List<Request<BookingStarted>> granted = new ArrayList<>();
    for (Request<BookingStarted> request : requests) {
      String flight = request.event().getTrip().getFlightId();
      if (failures.reject(request.saga())) {
        refused.put(request.saga().sagaId(), "no seat could be confirmed (simulated)");
      } else if (!left.containsKey(flight)) {
        refused.put(request.saga().sagaId(), "there is no flight %s".formatted(flight));
      } else if (left.merge(flight, -1, Integer::sum) < 0) {
        refused.put(request.saga().sagaId(), "flight %s is sold out".formatted(flight));
      } else {
        granted.add(request);
      }
    }
    Map<String, String> reservations = flights.reserve(granted);
    granted.forEach(request -> failures.errAfterExecution(request.saga()));
    return requests.stream().map(request -> outcome(request, refused, reservations)).toList();
  }

  private static Outcome outcome(
      Request<BookingStarted> request,
      Map<String, String> refused,
      Map<String, String> reservations) {
    String saga = request.saga().sagaId();
    String reason = refused.get(saga);
    if (reason != null) {
      return Outcome.rejected(new FlightBookingFailed(saga, reason));
    }
    Trip trip = request.event().getTrip();
    String reservation = Objects.requireNonNull(reservations.get(saga));
    return Outcome.completed(new FlightBooked(saga, trip, reservation, 1));
  }

  @Override
  public List<SpecificRecord> compensateAll(List<Request<FlightBooked>> completed)
      throws SQLException {
    flights(completed).cancel(reservations(completed));
    completed.forEach(request -> failures.errAfterCompensation(request.saga()));
    return completed.stream().map(BookFlight::compensated).toList();
  }

  @Override
  public SpecificRecord compensate(FlightBooked booked, StepContext saga) throws SQLException {
    return compensateAll(List.of(new Request<>(booked, saga))).get(0);
  }

  private static SpecificRecord compensated(Request<FlightBooked> request) {
    return new FlightCompensated(
        request.saga().sagaId(),
        "the trip could not be booked in full",
        request.event().getReservationId());
  }

  @Override
  public void confirmAll(List<Request<FlightBooked>> completed) throws SQLException {
    flights(completed).confirm(reservations(completed));
  }

  @Override
  public void confirm(FlightBooked booked, StepContext saga) throws SQLException {
    confirmAll(List.of(new Request<>(booked, saga)));
  }

  private static Flights flights(List<? extends Request<?>> requests) {
    return new Flights(requests.get(0).saga().connection());
  }

  private static List<String> reservations(List<Request<FlightBooked>> completed) {
    return completed.stream().map(request -> request.event().getReservationId()).toList();
  }
}
