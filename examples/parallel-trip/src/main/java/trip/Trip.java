// SPDX-License-Identifier: Apache-2.0
package trip;

import dev.choreography.Choreography;
import java.time.Duration;

/** The declaration, all that the participants share: a fork, and a join. */
final class Trip {

  static final Choreography CHOREOGRAPHY =
      Choreography.named("trip")
          .startedBy(TripRequested.class)
          .step(
              "room",
              step ->
                  step.ownedBy("hotel-service")
                      .after(TripRequested.class)
                      .completes(RoomReserved.class)
                      .fails(RoomRefused.class)
                      .compensates(RoomReleased.class))
          .step(
              "car",
              step ->
                  step.ownedBy("car-service")
                      .after(TripRequested.class)
                      .completes(CarReserved.class)
                      .fails(CarRefused.class)
                      .compensates(CarReleased.class))
          .step(
              "seat",
              step ->
                  step.ownedBy("flight-service")
                      .after(TripRequested.class)
                      .completes(SeatReserved.class)
                      .fails(SeatRefused.class)
                      .compensates(SeatReleased.class))
          .step(
              "payment",
              step ->
                  step.ownedBy("payment-service")
                      .after(RoomReserved.class, CarReserved.class, SeatReserved.class)
                      .completes(TripPaid.class)
                      .fails(PaymentRefused.class))
          .deadline(Duration.ofMinutes(10))
          .build();

  private Trip() {}
}
