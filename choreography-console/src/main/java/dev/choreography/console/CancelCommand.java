// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.choreography.EventType;
import dev.choreography.control.Cancel;
import dev.choreography.protocol.EventHeaders;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code saga cancel}. */
@Command(
    name = "cancel",
    description = {
      "Asks that a saga not complete: steps that have not run will not, and what was done is"
          + " undone. A saga that completes first stays completed.",
      "Exit code 1 if it has ended already, or is not known."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Console.Version.class)
final class CancelCommand implements Callable<Integer> {

  private static final String TYPE = EventType.of(Cancel.class).topic();

  @Parameters(paramLabel = "ID", description = "The saga's id.")
  private String saga;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      defaultValue = "cancelled by an operator",
      description = "Why, for people; '${DEFAULT-VALUE}' unless said.")
  private String reason;

  @Option(
      names = "--who",
      paramLabel = "NAME",
      defaultValue = "${sys:user.name}",
      description = "Who asks; ${DEFAULT-VALUE} unless said.")
  private String who;

  @Option(names = "--json", description = "One JSON object.")
  private boolean json;

  @Mixin private ClusterOptions options;
  @Spec private CommandSpec spec;

  /** For picocli alone. */
  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  CancelCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    try (Cluster cluster = options.connect()) {
      SagaTrace trace = trace(cluster);
      if (trace.hasEnded()) {
        throw new Refusal(
            "saga %s has already %s, there is nothing to cancel: `./saga trace %s` shows it"
                .formatted(
                    saga,
                    trace.status(Instant.MIN).equals("completed")
                        ? "completed"
                        : "been compensated",
                    saga));
      }
      RecordMetadata where =
          Publisher.publish(
              cluster, record(cluster, trace), "saga %s was not cancelled".formatted(saga));
      spec.commandLine()
          .getOut()
          .println(
              json
                  ? new ObjectMapper()
                      .createObjectNode()
                      .put("saga", saga)
                      .put("topic", where.topic())
                      .put("partition", where.partition())
                      .put("offset", where.offset())
                  : "%s is asked not to complete, %s %d@%d; `./saga trace %s --follow` shows what comes of it."
                      .formatted(saga, where.topic(), where.partition(), where.offset(), saga));
      return Console.OK;
    }
  }

  private SagaTrace trace(Cluster cluster) throws InterruptedException {
    List<Declaration> declarations = cluster.declarations();
    try (SagaReader reader = new SagaReader(cluster, declarations, saga)) {
      List<SagaTrace> traces = SagaTrace.of(saga, declarations, reader.toEnd());
      if (traces.isEmpty()) {
        throw SagaTrace.unknown(saga);
      }
      if (traces.size() > 1) {
        throw new Refusal(
            "%s is a saga of each of %s, and this cancels none of them"
                .formatted(
                    saga,
                    traces.stream()
                        .map(trace -> trace.declaration().id())
                        .collect(Collectors.joining(", "))));
      }
      return traces.get(0);
    }
  }

  private ProducerRecord<byte[], byte[]> record(Cluster cluster, SagaTrace trace)
      throws InterruptedException {
    String control = trace.declaration().declared().getControl();
    byte[] value = cluster.encode(control, new Cancel(saga, reason, who));
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(control, saga.getBytes(UTF_8), value);
    headers(trace, Instant.now())
        .forEach((name, text) -> record.headers().add(name, text.getBytes(UTF_8)));
    return record;
  }

  /** Version and deadline are the saga's own: with others, participants would not hear it. */
  static Map<String, String> headers(SagaTrace trace, Instant now) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(EventHeaders.SPEC_VERSION, "1.0");
    headers.put(EventHeaders.ID, EventHeaders.id(trace.saga(), TYPE));
    headers.put(EventHeaders.TYPE, TYPE);
    headers.put(EventHeaders.SOURCE, "saga");
    headers.put(EventHeaders.SUBJECT, trace.saga());
    headers.put(EventHeaders.TIME, now.toString());
    headers.put(EventHeaders.CHOREOGRAPHY, trace.declaration().id());
    headers.put(EventHeaders.DEADLINE, trace.deadline().toString());
    return headers;
  }
}
