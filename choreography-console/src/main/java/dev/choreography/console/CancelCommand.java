// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.choreography.control.Cancel;
import java.time.Instant;
import java.util.concurrent.Callable;
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
      SagaTrace trace = Control.trace(cluster, saga);
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
          Control.publish(
              cluster,
              trace,
              new Cancel(saga, reason, who),
              "",
              "saga %s was not cancelled".formatted(saga));
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
}
