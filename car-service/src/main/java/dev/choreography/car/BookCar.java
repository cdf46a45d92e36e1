// SPDX-License-Identifier: Apache-2.0
package dev.choreography.car;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.chassis.SimulatedFailures;
import dev.choreography.tripbooking.CarBooked;
import dev.choreography.tripbooking.CarBookingFailed;
import dev.choreography.tripbooking.HotelBooked;
import dev.choreography.tripbooking.Trip;
import java.sql.SQLException;
import java.util.Optional;

/** Takes a car at the trip's location. It is never undone: nothing follows it. */
final class BookCar implements StepHandler<HotelBooked, CarBooked> {

  private final SimulatedFailures failures;

  BookCar(SimulatedFailures failures) {
    this.failures = failures;
  }

  @Override
  public Outcome execute(HotelBooked request, StepContext saga) throws SQLException {
    if (failures.reject(saga)) {
      return rejected(saga, "no car could be confirmed (simulated)");
    }
    Cars cars = new Cars(saga.connection());
    Trip trip = request.getTrip();
    String location = trip.getCarLocation();
    if (trip.getReturnDate().isBefore(trip.getPickupDate())) {
      return rejected(
          saga,
          "a car picked up on %s cannot be returned on %s"
              .formatted(trip.getPickupDate(), trip.getReturnDate()));
    }
    Optional<String> reservation = cars.reserve(saga.sagaId(), trip);
    if (reservation.isEmpty()) {
      return rejected(
          saga,
          cars.exists(location)
              ? "there is no car left at %s".formatted(location)
              : "there is no car location %s".formatted(location));
    }
    failures.errAfterExecution(saga);
    return Outcome.completed(new CarBooked(saga.sagaId(), trip, reservation.get()));
  }

  private static Outcome rejected(StepContext saga, String reason) {
    return Outcome.rejected(new CarBookingFailed(saga.sagaId(), reason));
  }
}
