// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.Choreography;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Refusal;
import dev.choreography.kafka.Declarations;
import dev.choreography.kafka.Topics;
import dev.choreography.tripbooking.TripBooking;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code saga topics}. */
@Command(
    name = "topics",
    description =
        "The topics of the trip booking and of every declared choreography; --create creates those"
            + " of the trip booking that are missing.",
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class TopicsCommand implements Callable<Integer> {

  private static final Choreography CHOREOGRAPHY = TripBooking.CHOREOGRAPHY;
  private static final ObjectMapper JSON = new ObjectMapper();

  @ArgGroup(exclusive = false)
  private @Nullable Creation creation;

  @Option(names = "--json", description = "One JSON object a line for each topic.")
  private boolean json;

  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  TopicsCommand() {}

  /** How to create. */
  static final class Creation {
    @SuppressWarnings("UnusedVariable") // that the group is there says as much
    @Option(names = "--create", required = true, description = "Creates those that are missing.")
    private boolean create;

    @Option(
        names = "--partitions",
        paramLabel = "N",
        defaultValue = "4",
        description = "Of each topic of events; ${DEFAULT-VALUE} unless said.")
    private int partitions;

    @Option(
        names = "--replicas",
        paramLabel = "N",
        defaultValue = "-1",
        description = "Of each topic; as many as the cluster's default unless said.")
    private short replicas;
  }

  /** A topic as it is; of one that is missing the name alone. */
  private record Row(String topic, int partitions, long records, String retention) {}

  @Override
  public Integer call() throws InterruptedException {
    if (creation != null
        && (creation.partitions < 1 || creation.replicas == 0 || creation.replicas < -1)) {
      throw new ParameterException(spec.commandLine(), "--partitions and --replicas are 1 or more");
    }
    PrintWriter out = spec.commandLine().getOut();
    try (Cluster cluster = options.connect()) {
      Set<String> created = creation == null ? Set.of() : create(cluster, creation);
      boolean complete = true;
      for (Row row : rows(cluster)) {
        complete &= row.partitions() > 0;
        out.println(json ? json(row, created) : text(row, created));
      }
      if (!complete && !json) {
        out.println("`./saga topics --create` creates those of the trip booking.");
      }
      return complete ? Console.OK : Console.DOES_NOT_HOLD;
    } catch (ExecutionException e) {
      throw new Refusal("the topics cannot be described: " + Console.sentence(e));
    }
  }

  private static Set<String> create(Cluster cluster, Creation creation)
      throws InterruptedException {
    try {
      return Topics.create(cluster.admin(), CHOREOGRAPHY, creation.partitions, creation.replicas);
    } catch (IllegalStateException e) {
      throw new Refusal(Console.sentence(e));
    }
  }

  private static List<Row> rows(Cluster cluster) throws InterruptedException, ExecutionException {
    Set<String> names = new TreeSet<>(Set.of(Topics.CHOREOGRAPHIES));
    List<Declaration> all =
        new ArrayList<>(List.of(Declaration.of(Declarations.declared(CHOREOGRAPHY))));
    all.addAll(cluster.declarationsIfAny());
    for (Declaration each : all) {
      names.addAll(each.topics());
      names.add(each.declared().getControl());
      each.participants().forEach(participant -> names.add(Topics.deadLetters(participant)));
    }
    Map<String, Integer> partitions = cluster.partitions(names);
    Map<String, Long> records = records(cluster, partitions);
    Map<ConfigResource, Config> configs =
        cluster
            .admin()
            .describeConfigs(partitions.keySet().stream().map(TopicsCommand::resource).toList())
            .all()
            .get();
    return names.stream()
        .map(
            name ->
                new Row(
                    name,
                    partitions.getOrDefault(name, 0),
                    records.getOrDefault(name, 0L),
                    retention(configs.get(resource(name)))))
        .toList();
  }

  private static ConfigResource resource(String topic) {
    return new ConfigResource(ConfigResource.Type.TOPIC, topic);
  }

  private static Map<String, Long> records(Cluster cluster, Map<String, Integer> partitions)
      throws InterruptedException, ExecutionException {
    Map<String, Long> records = new HashMap<>();
    for (boolean end : List.of(true, false)) {
      Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
      partitions.forEach(
          (topic, count) -> {
            for (int partition = 0; partition < count; partition++) {
              asked.put(
                  new TopicPartition(topic, partition),
                  end ? OffsetSpec.latest() : OffsetSpec.earliest());
            }
          });
      for (Map.Entry<TopicPartition, ListOffsetsResultInfo> answer :
          cluster.admin().listOffsets(asked).all().get().entrySet()) {
        long offset = answer.getValue().offset();
        records.merge(answer.getKey().topic(), end ? offset : -offset, Long::sum);
      }
    }
    return records;
  }

  private static String retention(@Nullable Config config) {
    if (config == null) {
      return "";
    }
    if (value(config, TopicConfig.CLEANUP_POLICY_CONFIG).equals("compact")) {
      return "compacted";
    }
    long ms = Long.parseLong(value(config, TopicConfig.RETENTION_MS_CONFIG));
    return ms < 0
        ? "kept for ever"
        : String.format(Locale.ROOT, "kept %.1f days", ms / 86_400_000.0);
  }

  private static String value(Config config, String name) {
    return config.get(name) == null ? "-1" : config.get(name).value();
  }

  private static String text(Row row, Set<String> created) {
    return row.partitions() == 0
        ? "%-29s does not exist".formatted(row.topic())
        : "%-29s %3s partitions %9s records, %s%s"
            .formatted(
                row.topic(),
                row.partitions(),
                row.records(),
                row.retention(),
                created.contains(row.topic()) ? ", created" : "");
  }

  private static ObjectNode json(Row row, Set<String> created) {
    return JSON.createObjectNode()
        .put("topic", row.topic())
        .put("exists", row.partitions() > 0)
        .put("partitions", row.partitions())
        .put("records", row.records())
        .put("retention", row.retention())
        .put("created", created.contains(row.topic()));
  }
}
