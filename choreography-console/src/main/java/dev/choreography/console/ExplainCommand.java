// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.JsonNode;
import dev.choreography.console.ConsoleClient.NoAnswerException;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Explanation;
import dev.choreography.console.trace.SagaTrace;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code saga explain}. */
@Command(
    name = "explain",
    description = {
      "A saga in sentences: what happened and why, what is owed and by whom, where the time went.",
      "From a console if there is one, else from the topics."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class ExplainCommand implements Callable<Integer> {

  @Parameters(paramLabel = "ID", description = "The saga's id.")
  private String saga;

  @Mixin private ConsoleOptions console;
  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ExplainCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    List<String> sentences = tracked();
    (sentences.isEmpty() ? read() : sentences).forEach(out::println);
    return Console.OK;
  }

  /** From the console; none if there is none that knows the saga. */
  private List<String> tracked() throws InterruptedException {
    List<String> sentences = new ArrayList<>();
    if (options.isNamed() && !console.isNamed()) {
      return sentences;
    }
    Optional<ConsoleClient> client = console.find();
    if (client.isEmpty()) {
      return sentences;
    }
    try {
      for (String path : client.get().paths(saga)) {
        for (JsonNode sentence : client.get().get(path + "/explain", Map.of()).path("sentences")) {
          sentences.add(sentence.asText());
        }
      }
      return sentences;
    } catch (NoAnswerException e) {
      return List.of();
    }
  }

  private List<String> read() throws InterruptedException {
    List<String> sentences = new ArrayList<>();
    try (Cluster cluster = options.connect()) {
      List<Declaration> declarations = cluster.declarations();
      try (SagaReader reader = new SagaReader(cluster, declarations, saga)) {
        List<SagaTrace> traces = SagaTrace.of(saga, declarations, reader.toEnd(), reader.horizon());
        if (traces.isEmpty()) {
          throw SagaTrace.unknown(saga);
        }
        traces.forEach(trace -> sentences.addAll(Explanation.of(trace, Instant.now())));
      }
    }
    return sentences;
  }
}
