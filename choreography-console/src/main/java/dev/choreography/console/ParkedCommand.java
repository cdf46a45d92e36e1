// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.choreography.console.trace.Parking;
import dev.choreography.console.trace.TracedEvent;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code saga parked}. */
@Command(
    name = "parked",
    description =
        "Every step whose compensation or confirmation keeps failing and waits for an operator, as"
            + " the control topics tell: since when, whose, and the error.",
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class ParkedCommand implements Callable<Integer> {

  @Option(names = "--json", description = "One JSON object a line.")
  private boolean json;

  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ParkedCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try (Cluster cluster = options.connect()) {
      List<Parking> parked = Parking.open(control(cluster));
      for (Parking parking : parked) {
        out.println(json ? json(parking) : text(parking));
      }
      if (parked.isEmpty() && !json) {
        out.println("No step is parked.");
      }
      return Console.OK;
    }
  }

  private static List<TracedEvent> control(Cluster cluster) throws InterruptedException {
    TreeSet<String> topics = new TreeSet<>();
    cluster.declarations().forEach(each -> topics.add(each.declared().getControl()));
    Map<String, Integer> counts = cluster.partitions(topics);
    List<TopicPartition> partitions =
        counts.entrySet().stream()
            .flatMap(
                topic ->
                    IntStream.range(0, topic.getValue())
                        .mapToObj(partition -> new TopicPartition(topic.getKey(), partition)))
            .toList();
    List<TracedEvent> events = new ArrayList<>();
    try (PartitionReader reader = new PartitionReader(cluster, partitions)) {
      reader.toEnd(record -> events.add(new TracedEvent(record, cluster.event(record))));
    }
    return events;
  }

  private static String text(Parking parking) {
    return "%s  %s  %s of %s, parked %s time(s): %s%n  `./saga retry %s %s` tries it again, `./saga resolve %s %s --reason TEXT` says that it was done by hand"
        .formatted(
            parking.saga(),
            parking.since(),
            parking.step(),
            parking.participant(),
            parking.times(),
            parking.error(),
            parking.saga(),
            parking.step(),
            parking.saga(),
            parking.step());
  }

  private static Object json(Parking parking) {
    return new ObjectMapper()
        .createObjectNode()
        .put("saga", parking.saga())
        .put("step", parking.step())
        .put("participant", parking.participant())
        .put("times", parking.times())
        .put("since", parking.since().toString())
        .put("error", parking.error());
  }
}
