// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
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
      List<PutAside> letters = DeadLetters.read(cluster).named(names);
      List<ProducerRecord<byte[], byte[]>> originals =
          letters.stream().map(PutAside::original).toList();
      for (int i = 0; i < letters.size(); i++) {
        String name = letters.get(i).name();
        RecordMetadata where =
            Publisher.publish(cluster, originals.get(i), name + " was not replayed");
        // Lost with this process, the mark is missed by a list; a second replay does no harm.
        Publisher.publish(
            cluster,
            letters.get(i).mark(where),
            "%s is published again and stays listed".formatted(name));
        out.println(
            json
                ? new ObjectMapper()
                    .createObjectNode()
                    .put("name", name)
                    .put("topic", where.topic())
                    .put("partition", where.partition())
                    .put("offset", where.offset())
                : "%s is published again, %s %d@%d"
                    .formatted(name, where.topic(), where.partition(), where.offset()));
        out.flush();
      }
      return Console.OK;
    }
  }
}
