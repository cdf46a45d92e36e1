// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code saga up}. */
@Command(
    name = "up",
    description = {
      "Kafka, a schema registry, PostgreSQL and the three services of the trip booking are started"
          + " on this machine and left running; Ctrl-C stops all of it and deletes what it wrote.",
      "The other commands, typed in another terminal, find it by themselves."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class UpCommand implements Callable<Integer> {

  @Option(
      names = "--failures",
      paramLabel = "STEP=SHARE,...",
      defaultValue = "flight=0,hotel=0,car=0",
      converter = DemoCommand.Shares.class,
      description =
          "The share of the sagas that each step rejects at random, 0 to 1; none unless said.")
  private Failures failures;

  @Option(names = "--json", description = "The addresses as one JSON object.")
  private boolean json;

  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  UpCommand() {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    Up up =
        new Up(
            failures,
            addresses -> {
              out.println(json ? addresses.json() : addresses.text());
              out.flush();
            },
            line -> {
              err.println(line);
              err.flush();
            });
    return Interruption.guard(up::run) ? Console.OK : Console.DOES_NOT_HOLD;
  }
}
