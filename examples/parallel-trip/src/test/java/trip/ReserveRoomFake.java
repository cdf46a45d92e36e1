// SPDX-License-Identifier: Apache-2.0
package trip;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.util.Map;

/** {@link ReserveRoom} with tables of the simulation. */
record ReserveRoomFake(Map<String, Integer> free, Map<String, String> reservations)
    implements StepHandler<TripRequested, RoomReserved> {

  @Override
  public Outcome execute(TripRequested trip, StepContext saga) {
    if (free.merge(trip.getHotel(), -1, Integer::sum) < 0) {
      return Outcome.rejected(new RoomRefused(saga.sagaId(), "no room left"));
    }
    reservations.put(saga.sagaId(), trip.getHotel());
    return Outcome.completed(new RoomReserved(saga.sagaId(), trip.getCustomer(), 300));
  }

  @Override
  public RoomReleased compensate(RoomReserved reserved, StepContext saga) {
    String hotel = reservations.remove(saga.sagaId());
    if (hotel == null) {
      throw new IllegalStateException("%s has no room to release".formatted(saga.sagaId()));
    }
    free.merge(hotel, 1, Integer::sum);
    return new RoomReleased(saga.sagaId(), "the trip does not take place");
  }
}
