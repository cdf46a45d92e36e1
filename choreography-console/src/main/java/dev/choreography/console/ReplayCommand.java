// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code saga replay}. */
@Command(
    name = "replay",
    description = {
      "Publishes dead letters again where they came from: the same bytes, key and headers, with the"
          + " time of now.",
      "All of them or, if one cannot be, none. `saga dead-letters` lists them no more; one that still"
          + " cannot be read is put aside, and listed, again."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class ReplayCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "N",
      arity = "1..*",
      description =
          "As `saga dead-letters` lists them: flight-service@3, or 3 where no other has"
              + " that number.")
  private List<String> names;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Why now; `saga dead-letters --all` shows it.")
  private String reason;

  @Option(
      names = "--who",
      paramLabel = "NAME",
      defaultValue = "${sys:user.name}",
      description = "Who asks; ${DEFAULT-VALUE} unless said.")
  private String who;

  @Option(names = "--json", description = "One JSON object a line.")
  private boolean json;

  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ReplayCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try (Cluster cluster = options.connect()) {
      Replayed.replay(
          cluster,
          names,
          new PutAside.Operator(who, reason),
          replayed -> {
            out.println(json ? replayed.json() : replayed.text());
            out.flush();
          });
      return Console.OK;
    }
  }
}
