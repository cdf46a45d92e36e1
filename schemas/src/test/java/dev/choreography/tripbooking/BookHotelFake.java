// SPDX-License-Identifier: Apache-2.0
package dev.choreography.tripbooking;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.util.Map;

/**
 * Takes a room out of a table, as the real one does out of a database.
 *
 * @param free rooms by hotel
 * @param taken hotels by saga
 */
record BookHotelFake(Map<String, Integer> free, Map<String, String> taken)
    implements StepHandler<FlightBooked, HotelBooked> {

  @Override
  public Outcome execute(FlightBooked request, StepContext saga) {
    String hotel = request.getTrip().getHotelId();
    if (free.merge(hotel, -1, Integer::sum) < 0) {
      return Outcome.rejected(new HotelBookingFailed(saga.sagaId(), hotel + " is full"));
    }
    taken.put(saga.sagaId(), hotel);
    return Outcome.completed(new HotelBooked(saga.sagaId(), request.getTrip(), "H-1", 3));
  }

  @Override
  public HotelCompensated compensate(HotelBooked booked, StepContext saga) {
    free.merge(booked.getTrip().getHotelId(), 1, Integer::sum);
    taken.remove(saga.sagaId());
    return new HotelCompensated(saga.sagaId(), "given back", booked.getReservationId());
  }
}
