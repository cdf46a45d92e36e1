// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.choreography.console.ConsoleClient.NoAnswerException;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.SagaTrace;
import dev.choreography.console.trace.TraceJson;
import dev.choreography.console.trace.TraceText;
import dev.choreography.console.trace.TracedEvent;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code saga trace}. */
@Command(
    name = "trace",
    description = {
      "Every event of a saga, each after the one that led to it: when its handler ended, how long"
          + " after its cause, topic, partition@offset, who emitted it, what came of it. Then how"
          + " the saga stands, what is still owed and by whom.",
      "From a console if there is one; else, and with --follow, from the topics, of which only the"
          + " saga's partition is read."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class TraceCommand implements Callable<Integer> {

  @Parameters(paramLabel = "ID", description = "The saga's id.")
  private String saga;

  @Option(names = "--follow", description = "Goes on until the saga has ended.")
  private boolean follow;

  @Option(
      names = "--json",
      description = "One JSON object; with --follow one a line for each event, and a last one.")
  private boolean json;

  @Mixin private ConsoleOptions console;
  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  private final Set<TracedEvent> told = new HashSet<>();

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  TraceCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    TraceText text =
        new TraceText(
            ZoneId.systemDefault(),
            Ansi.AUTO.enabled() ? Terminal::styled : (code, words) -> words);
    if (!follow && tellTracked(text, out)) {
      return Console.OK;
    }
    try (Cluster cluster = options.connect()) {
      List<Declaration> declarations = cluster.declarations();
      try (SagaReader reader = new SagaReader(cluster, declarations, saga)) {
        List<SagaTrace> traces =
            known(SagaTrace.of(saga, declarations, reader.toEnd(), reader.horizon()));
        if (json && !follow) {
          traces.forEach(trace -> out.println(TraceJson.whole(trace, Instant.now())));
          return Console.OK;
        }
        if (!json) {
          traces.forEach(trace -> out.println(text.head(TraceJson.status(trace, Instant.now()))));
        }
        tell(traces, text, out);
        while (follow && !traces.stream().allMatch(SagaTrace::hasEnded)) {
          traces = SagaTrace.of(saga, declarations, reader.more(), reader.horizon());
          tell(traces, text, out);
        }
        Instant now = Instant.now();
        for (SagaTrace trace : traces) {
          JsonNode status = TraceJson.status(trace, now);
          if (json) {
            out.println(status);
          } else {
            text.end(status).forEach(out::println);
          }
        }
        return Console.OK;
      }
    }
  }

  /** Tells what a console knows, which is what the topics say; false if none knows the saga. */
  private boolean tellTracked(TraceText text, PrintWriter out) throws InterruptedException {
    if (options.isNamed() && !console.isNamed()) {
      return false;
    }
    Optional<ConsoleClient> client = console.find();
    List<JsonNode> traces = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    try {
      for (String path : client.isEmpty() ? List.<String>of() : client.get().paths(saga)) {
        traces.add(client.get().get(path, Map.of()));
      }
      if (!json && !traces.isEmpty()) {
        JsonNode declared = client.get().get("/api/choreographies", Map.of());
        traces.forEach(trace -> lines.add(text.head(trace)));
        traces.forEach(trace -> lines.addAll(events(trace, declared, text)));
        traces.forEach(trace -> lines.addAll(text.end(trace)));
      }
    } catch (NoAnswerException e) {
      return false;
    }
    (json ? traces : lines).forEach(out::println);
    return !traces.isEmpty();
  }

  private static List<String> events(JsonNode trace, JsonNode declared, TraceText text) {
    Set<String> topics = new HashSet<>();
    for (JsonNode each : declared.path("choreographies")) {
      if (each.path("name").equals(trace.path("choreography"))
          && (trace.path("version").isNull()
              || each.path("version").equals(trace.path("version")))) {
        topics.add(each.path("start").asText());
        topics.add(each.path("control").asText());
        for (JsonNode step : each.path("steps")) {
          for (String event : List.of("completed", "failed", "compensated")) {
            topics.add(step.path(event).asText());
          }
        }
      }
    }
    List<String> lines = new ArrayList<>();
    trace.path("events").forEach(event -> lines.add(text.event(event, TraceText.width(topics))));
    return lines;
  }

  private List<SagaTrace> known(List<SagaTrace> traces) {
    if (traces.isEmpty()) {
      throw SagaTrace.unknown(saga);
    }
    return traces;
  }

  private void tell(List<SagaTrace> traces, TraceText text, PrintWriter out) {
    for (SagaTrace trace : traces) {
      Set<String> topics = new HashSet<>(trace.declaration().topics());
      topics.add(trace.declaration().declared().getControl());
      int width = TraceText.width(topics);
      for (TracedEvent event : trace.events()) {
        if (told.add(event)) {
          JsonNode line = TraceJson.event(trace, event);
          out.println(json ? line : text.event(line, width));
        }
      }
    }
    out.flush();
  }
}
