// SPDX-License-Identifier: Apache-2.0
package dev.choreography.car;

import dev.choreography.BatchStepHandler;
import dev.choreography.Outcome;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.tripbooking.CarBooked;
import dev.choreography.tripbooking.CarBookingFailed;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.Trip;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Takes a car at the trip's location. It is never undone: nothing follows it. */
final class BookCar implements BatchStepHandler<HotelBooked, CarBooked> {

  private final SimulatedFailures failures;

  BookCar(SimulatedFailures failures) {
    this.failures = failures;
  }

  @Override
  public List<Outcome> executeAll(List<Request<HotelBooked>> requests) throws SQLException {
    Cars cars = new Cars(requests.get(0).saga().connection());
    Map<String, Integer> left =
        cars.lockCars(
            requests.stream()
                .map(request -> request.event().getTrip().getCarLocation())
                .distinct()
                .toList());
    Map<String, String> refused = new HashMap<>();
    List<Request<HotelBooked>> granted = new ArrayList<>();
    for (Request<HotelBooked> request : requests) {
      Trip trip = request.event().getTrip();
      String location = trip.getCarLocation();
      if (failures.reject(request.saga())) {
        refused.put(request.saga().sagaId(), "no car could be confirmed (simulated)");
      } else if (trip.getReturnDate().isBefore(trip.getPickupDate())) {
        refused.put(
            request.saga().sagaId(),
            "a car picked up on %s cannot be returned on %s"
                .formatted(trip.getPickupDate(), trip.getReturnDate()));
      } else if (!left.containsKey(location)) {
        refused.put(request.saga().sagaId(), "there is no car location %s".formatted(location));
      } else if (left.merge(location, -1, Integer::sum) < 0) {
        refused.put(request.saga().sagaId(), "there is no car left at %s".formatted(location));
      } else {
        granted.add(request);
      }
    }
    Map<String, String> reservations = cars.reserve(granted);
    granted.forEach(request -> failures.errAfterExecution(request.saga()));
    return requests.stream().map(request -> outcome(request, refused, reservations)).toList();
  }

  private static Outcome outcome(
      Request<HotelBooked> request, Map<String, String> refused, Map<String, String> reservations) {
    String saga = request.saga().sagaId();
    String reason = refused.get(saga);
    if (reason != null) {
      return Outcome.rejected(new CarBookingFailed(saga, reason));
    }
    Trip trip = request.event().getTrip();
    return Outcome.completed(
        new CarBooked(saga, trip, Objects.requireNonNull(reservations.get(saga))));
  }
}
