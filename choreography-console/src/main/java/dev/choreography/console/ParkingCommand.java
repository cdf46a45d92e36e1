// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.trace.Parking;
import dev.choreography.console.trace.SagaTrace;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Parameters;

/** What {@code saga retry} and {@code saga resolve} share: they answer the parking of a step. */
abstract class ParkingCommand extends OperatorCommand {

  @Parameters(index = "1", paramLabel = "STEP", description = "The parked step's name.")
  private String step;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ParkingCommand() {}

  /** The event that answers the parking. */
  abstract SpecificRecord answer(Parking parking, String operator);

  /** What is asked, in a few words. */
  abstract String asks();

  @Override
  final Saying say(SagaTrace trace, String operator, ObjectNode answer) {
    Parking parking = Parking.of(trace, step);
    answer.put("step", step).put("times", parking.times());
    return saying(parking, answer(parking, operator), asks());
  }

  /** What answers a parking. */
  static Saying saying(Parking parking, SpecificRecord answer, String asks) {
    return new Saying(
        answer,
        "/%s/%s".formatted(parking.step(), parking.times()),
        "step %s of %s %s".formatted(parking.step(), parking.saga(), asks),
        "step %s of saga %s is still parked".formatted(parking.step(), parking.saga()));
  }
}
