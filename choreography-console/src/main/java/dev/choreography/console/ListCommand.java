// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.choreography.console.ConsoleClient.NoAnswerException;
import dev.choreography.console.trace.Refusal;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code saga list}. */
@Command(
    name = "list",
    description =
        "The sagas that a console tracks, the last started first; with the beginning of an id, in"
            + " the order of their ids.",
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class ListCommand implements Callable<Integer> {

  private static final int MOST_OF_A_PAGE = 500;

  @Parameters(arity = "0..1", paramLabel = "ID", description = "How the id begins.")
  private @Nullable String id;

  @Option(
      names = "--status",
      paramLabel = "STATUS",
      description = "in_flight, stuck, completed, compensated or parked.")
  private @Nullable String status;

  @Option(names = "--choreography", paramLabel = "NAME", description = "Of this one alone.")
  private @Nullable String choreography;

  @Option(
      names = "--step",
      paramLabel = "STEP",
      description = "That wait for this step, or in which it is parked.")
  private @Nullable String step;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Started at 2027-01-31T10:00:00Z or later.")
  private @Nullable String since;

  @Option(names = "--until", paramLabel = "TIME", description = "Started before.")
  private @Nullable String until;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "50",
      description = "At most so many; ${DEFAULT-VALUE} unless said.")
  private int limit;

  @Option(names = "--json", description = "One JSON object a line.")
  private boolean json;

  @Mixin private ConsoleOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ListCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    ConsoleClient console = options.required();
    Map<String, String> asked = new LinkedHashMap<>();
    put(asked, "id", id);
    put(asked, "status", status);
    put(asked, "choreography", choreography);
    put(asked, "step", step);
    put(asked, "since", since);
    put(asked, "until", until);
    int left = limit;
    boolean more = true;
    try {
      while (more && left > 0) {
        asked.put("limit", Integer.toString(Math.min(left, MOST_OF_A_PAGE)));
        JsonNode page = console.get("/api/sagas", asked);
        for (JsonNode saga : page.path("sagas")) {
          out.println(json ? saga : line(saga));
          left--;
        }
        more = !page.path("next").isNull();
        asked.put("after", page.path("next").asText());
      }
    } catch (NoAnswerException e) {
      throw new Refusal(String.valueOf(e.getMessage()));
    }
    if (left == limit && !json) {
      out.println("There is no such saga.");
    }
    return Console.OK;
  }

  private static void put(Map<String, String> to, String name, @Nullable String value) {
    if (value != null) {
      to.put(name, value);
    }
  }

  static String line(JsonNode saga) {
    List<String> waits = new ArrayList<>();
    saga.path("parked").forEach(step -> waits.add(step.asText() + " is parked"));
    saga.path("waits_for")
        .forEach(
            owed ->
                waits.add(
                    "%s waits for %s"
                        .formatted(owed.path("step").asText(), owed.path("participant").asText())));
    return "%-28s %-20s %-11s %-24s %s"
        .formatted(
            saga.path("saga").asText(),
            saga.path("choreography").asText(),
            saga.path("status").asText(),
            saga.path("started").asText(),
            String.join(", ", waits))
        .stripTrailing();
  }
}
