// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.Parking;
import dev.choreography.control.Retry;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saga retry}. */
@Command(
    name = "retry",
    description = {
      "Asks the owner of a parked step to try it again, once for each parking: repeated, it does"
          + " nothing.",
      "Exit code 1 if the step is not parked."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class RetryCommand extends ParkingCommand {

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "What was mended since; stays in the trace.")
  private String reason;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  RetryCommand() {}

  @Override
  SpecificRecord answer(Parking parking, String operator) {
    return new Retry(parking.saga(), parking.step(), parking.times(), operator, reason);
  }

  @Override
  String asks() {
    return "is to be tried again";
  }
}
