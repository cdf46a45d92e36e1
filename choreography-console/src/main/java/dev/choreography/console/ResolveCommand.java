// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.Parking;
import dev.choreography.control.Resolve;
import org.apache.avro.specific.SpecificRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code saga resolve}. */
@Command(
    name = "resolve",
    description = {
      "Tells the owner of a parked step that what it could not do was done by hand; the saga goes"
          + " on from there. Who and why stay in the trace.",
      "Exit code 1 if the step is not parked."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class ResolveCommand extends ParkingCommand {

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "What was done by hand, and why.")
  private String reason;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ResolveCommand() {}

  @Override
  SpecificRecord answer(Parking parking, String operator) {
    return new Resolve(parking.saga(), parking.step(), parking.times(), operator, reason);
  }

  @Override
  String asks() {
    return "counts as done by hand";
  }
}
