// SPDX-License-Identifier: Apache-2.0
package dev.choreography.hotel;

import dev.choreography.BatchStepHandler;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.HotelBookingFailed;
import dev.choreography.tripbooking.HotelCompensated;
import dev.choreography.tripbooking.Trip;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;

/** Takes a room at the trip's hotel for each night of the stay, or for none. */
final class BookHotel implements BatchStepHandler<FlightBooked, HotelBooked> {

  private final SimulatedFailures failures;

  BookHotel(SimulatedFailures failures) {
    this.failures = failures;
  }

  @Override
  public List<Outcome> executeAll(List<Request<FlightBooked>> requests) throws SQLException {
    Hotels hotels = hotels(requests);
    List<Stay> stays = requests.stream().map(BookHotel::stay).toList();
    Set<String> known = hotels.known(stays);
    Map<Night, Integer> left = hotels.lockNights(stays);
    Map<String, String> refused = new HashMap<>();
    List<Request<FlightBooked>> granted = new ArrayList<>();
    for (Request<FlightBooked> request : requests) {
      Stay stay = stay(request);
      Optional<LocalDate> full = stay.firstWithout(left);
      if (failures.reject(request.saga())) {
        refused.put(request.saga().sagaId(), "no room could be confirmed (simulated)");
      } else if (stay.count() < 1) {
        refused.put(
            request.saga().sagaId(),
            "from %s to %s there is no night".formatted(stay.checkIn(), stay.checkOut()));
      } else if (!known.contains(stay.hotelId())) {
        refused.put(request.saga().sagaId(), "there is no hotel %s".formatted(stay.hotelId()));
      } else if (full.isPresent()) {
        refused.put(
            request.saga().sagaId(),
            "hotel %s has no room for the night of %s".formatted(stay.hotelId(), full.get()));
      } else {
        stay.nights().forEach(night -> left.merge(night, -1, Integer::sum));
        granted.add(request);
      }
    }
    Map<String, String> reservations = hotels.reserve(granted);
    granted.forEach(request -> failures.errAfterExecution(request.saga()));
    return requests.stream().map(request -> outcome(request, refused, reservations)).toList();
  }

  private static Outcome outcome(
      Request<FlightBooked> request,
      Map<String, String> refused,
      Map<String, String> reservations) {
    String saga = request.saga().sagaId();
    String reason = refused.get(saga);
    if (reason != null) {
      return Outcome.rejected(new HotelBookingFailed(saga, reason));
    }
    Trip trip = request.event().getTrip();
    String reservation = Objects.requireNonNull(reservations.get(saga));
    return Outcome.completed(new HotelBooked(saga, trip, reservation, stay(request).count()));
  }

  @Override
  public List<SpecificRecord> compensateAll(List<Request<HotelBooked>> completed)
      throws SQLException {
    hotels(completed)
        .cancel(completed.stream().map(request -> request.event().getReservationId()).toList());
    completed.forEach(request -> failures.errAfterCompensation(request.saga()));
    return completed.stream().map(BookHotel::compensated).toList();
  }

  @Override
  public SpecificRecord compensate(HotelBooked booked, StepContext saga) throws SQLException {
    return compensateAll(List.of(new Request<>(booked, saga))).get(0);
  }

  private static SpecificRecord compensated(Request<HotelBooked> request) {
    return new HotelCompensated(
        request.saga().sagaId(),
        "the trip could not be booked in full",
        request.event().getReservationId());
  }

  private static Hotels hotels(List<? extends Request<?>> requests) {
    return new Hotels(requests.get(0).saga().connection());
  }

  private static Stay stay(Request<FlightBooked> request) {
    return Stay.of(request.event().getTrip());
  }
}
