// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.List;
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
      "Only the saga's partition of each topic is read."
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

  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  private final Set<TracedEvent> told = new HashSet<>();

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  TraceCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    TraceText text = new TraceText(ZoneId.systemDefault(), Ansi.AUTO.enabled());
    try (Cluster cluster = options.connect()) {
      List<Declaration> declarations = cluster.declarations();
      try (SagaReader reader = new SagaReader(cluster, declarations, saga)) {
        List<SagaTrace> traces = known(SagaTrace.of(saga, declarations, reader.toEnd()));
        if (json && !follow) {
          traces.forEach(trace -> out.println(TraceJson.whole(trace, Instant.now())));
          return Console.OK;
        }
        if (!json) {
          traces.forEach(trace -> out.println(text.head(trace)));
        }
        tell(traces, text, out);
        while (follow && !traces.stream().allMatch(SagaTrace::hasEnded)) {
          traces = SagaTrace.of(saga, declarations, reader.more());
          tell(traces, text, out);
        }
        Instant now = Instant.now();
        for (SagaTrace trace : traces) {
          if (json) {
            out.println(TraceJson.status(trace, now));
          } else {
            text.end(trace, now).forEach(out::println);
          }
        }
        return Console.OK;
      }
    }
  }

  private List<SagaTrace> known(List<SagaTrace> traces) {
    if (traces.isEmpty()) {
      throw SagaTrace.unknown(saga);
    }
    return traces;
  }

  private void tell(List<SagaTrace> traces, TraceText text, PrintWriter out) {
    for (SagaTrace trace : traces) {
      for (TracedEvent event : trace.events()) {
        if (told.add(event)) {
          out.println(json ? TraceJson.event(trace, event) : text.event(trace, event));
        }
      }
    }
    out.flush();
  }
}
