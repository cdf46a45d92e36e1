// SPDX-License-Identifier: Apache-2.0
package dev.choreography.tripbooking;

import dev.choreography.Choreography;
import java.time.Duration;

/** The choreography of a trip: a flight, then a hotel, then a car, or none of them. */
public final class TripBooking {

  /** The declaration; every participant hosts its own step of it. */
  public static final Choreography CHOREOGRAPHY =
      Choreography.named("trip_booking")
          .version(1)
          .startedBy(BookingStarted.class)
          .step(
              "flight",
              step ->
                  step.ownedBy("flight-service")
                      .after(BookingStarted.class)
                      .completes(FlightBooked.class)
                      .fails(FlightBookingFailed.class)
                      .compensates(FlightCompensated.class))
          .step(
              "hotel",
              step ->
                  step.ownedBy("hotel-service")
                      .after(FlightBooked.class)
                      .completes(HotelBooked.class)
                      .fails(HotelBookingFailed.class)
                      .compensates(HotelCompensated.class))
          .step(
              "car",
              step ->
                  step.ownedBy("car-service")
                      .after(HotelBooked.class)
                      .completes(CarBooked.class)
                      .fails(CarBookingFailed.class))
          .deadline(Duration.ofMinutes(10))
          .build();

  private TripBooking() {}
}
