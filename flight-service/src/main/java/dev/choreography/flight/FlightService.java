// SPDX-License-Identifier: Apache-2.0
package dev.choreography.flight;

import dev.choreography.chassis.ServiceProgram;
import dev.choreography.participant.Participant;
import dev.choreography.tripbooking.TripBooking;

/** The program: hosts the step {@code flight} of the trip booking. */
public final class FlightService {

  private FlightService() {}

  /** Takes environment variables; {@code --help} lists them. */
  public static void main(String[] args) {
    ServiceProgram.run("flight-service", args, FlightService::start);
  }

  private static Participant start(ServiceProgram program) {
    return Participant.named("flight-service")
        .hosts(
            TripBooking.CHOREOGRAPHY,
            "flight",
            new BookFlight(program.failures("flight")),
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
