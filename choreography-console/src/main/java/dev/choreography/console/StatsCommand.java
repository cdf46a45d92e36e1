// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.choreography.console.ConsoleClient.NoAnswerException;
import dev.choreography.console.trace.Refusal;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code saga stats}. */
@Command(
    name = "stats",
    description =
        "How many sagas are where, which participants are alive, and how long steps take.",
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class StatsCommand implements Callable<Integer> {

  @Option(names = "--json", description = "One JSON object.")
  private boolean json;

  @Mixin private ConsoleOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  StatsCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    ConsoleClient console = options.required();
    try {
      JsonNode overview = console.get("/api/overview", Map.of());
      JsonNode participants = console.get("/api/participants", Map.of()).path("participants");
      JsonNode steps = console.get("/api/steps", Map.of()).path("steps");
      if (json) {
        out.println(
            new ObjectMapper()
                .createObjectNode()
                .<com.fasterxml.jackson.databind.node.ObjectNode>set("overview", overview)
                .<com.fasterxml.jackson.databind.node.ObjectNode>set("participants", participants)
                .set("steps", steps));
        return Console.OK;
      }
      print(out, overview, participants, steps);
      return Console.OK;
    } catch (NoAnswerException e) {
      throw new Refusal(String.valueOf(e.getMessage()));
    }
  }

  private static void print(
      PrintWriter out, JsonNode overview, JsonNode participants, JsonNode steps) {
    out.printf(
        "%-24s %10s %10s %10s %12s %10s%n",
        "choreography", "in flight", "stuck", "completed", "compensated", "parked");
    for (JsonNode each : overview.path("choreographies")) {
      out.printf(
          "%-24s %10s %10s %10s %12s %10s%n",
          each.path("choreography").asText(),
          each.path("in_flight").asLong(),
          each.path("stuck").asLong(),
          each.path("completed").asLong(),
          each.path("compensated").asLong(),
          each.path("parked").asLong());
    }
    out.println();
    out.printf(
        "%-24s %10s %10s %10s %s%n", "participant", "instances", "lag", "owes", "last heard");
    for (JsonNode each : participants) {
      out.printf(
          "%-24s %10s %10s %10s %s%n",
          each.path("participant").asText(),
          each.path("alive").asBoolean() ? each.path("members").asText() : "none",
          each.path("lag").asLong(),
          each.path("owes").asLong(),
          each.path("last_heard").asText("never"));
    }
    out.println();
    out.printf(
        "%-24s %10s %16s %16s %16s %16s%n",
        "step, p50/p99 in ms", "events", "broker", "inbox", "handler", "outbox");
    for (JsonNode each : steps) {
      out.printf(
          "%-24s %10s %16s %16s %16s %16s%n",
          each.path("step").asText(),
          each.path("count").asLong(),
          both(each.path("broker_ms")),
          both(each.path("inbox_ms")),
          both(each.path("handler_ms")),
          both(each.path("outbox_ms")));
    }
  }

  private static String both(JsonNode percentiles) {
    return percentiles.path("p50").isNull()
        ? "-"
        : percentiles.path("p50").asText() + "/" + percentiles.path("p99").asText();
  }
}
