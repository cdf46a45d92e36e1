// SPDX-License-Identifier: Apache-2.0
package dev.choreography.hotel;

import dev.choreography.chassis.ServiceProgram;
import dev.choreography.participant.Participant;
import dev.choreography.tripbooking.TripBooking;

/** The program: hosts the step {@code hotel} of the trip booking. */
public final class HotelService {

  private HotelService() {}

  /** Takes environment variables; {@code --help} lists them. */
  public static void main(String[] args) {
    ServiceProgram.run("hotel-service", args, HotelService::start);
  }

  private static Participant start(ServiceProgram program) {
    return Participant.named("hotel-service")
        .hosts(
            TripBooking.CHOREOGRAPHY,
            "hotel",
            new BookHotel(program.failures("hotel")),
            program.options())
        .database(program.database())
        .replacesDatabase(program.replacedDatabase())
        .kafka(program.kafka())
        .patience(program.patience())
        .meters(program.meters())
        .traces(program.traces())
        .start();
  }
}
