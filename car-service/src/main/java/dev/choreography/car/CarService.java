// SPDX-License-Identifier: Apache-2.0
package dev.choreography.car;

import dev.choreography.chassis.ServiceProgram;
import dev.choreography.participant.Participant;
import dev.choreography.tripbooking.TripBooking;

/** The program: hosts the step {@code car} of the trip booking. */
public final class CarService {

  private CarService() {}

  /** Takes environment variables; {@code --help} lists them. */
  public static void main(String[] args) {
    ServiceProgram.run("car-service", args, CarService::start);
  }

  private static Participant start(ServiceProgram program) {
    return Participant.named("car-service")
        .hosts(
            TripBooking.CHOREOGRAPHY,
            "car",
            new BookCar(program.failures("car")),
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
