// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.concurrent.Callable;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What {@code saga retry} and {@code saga resolve} share: they answer the parking of a step. */
abstract class OperatorCommand implements Callable<Integer> {

  @Parameters(index = "0", paramLabel = "ID", description = "The saga's id.")
  private String saga;

  @Parameters(index = "1", paramLabel = "STEP", description = "The parked step's name.")
  private String step;

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
  OperatorCommand() {}

  /** The event that answers the parking. */
  abstract SpecificRecord answer(Parking parking, String operator);

  /** What is asked, in a few words. */
  abstract String asks();

  @Override
  public final Integer call() throws InterruptedException {
    try (Cluster cluster = options.connect()) {
      SagaTrace trace = Control.trace(cluster, saga);
      Parking parking = Parking.of(trace, step);
      RecordMetadata where =
          Control.publish(
              cluster,
              trace,
              answer(parking, who),
              "/%s/%d".formatted(step, parking.times()),
              "step %s of saga %s is still parked".formatted(step, saga));
      spec.commandLine()
          .getOut()
          .println(
              json
                  ? new ObjectMapper()
                      .createObjectNode()
                      .put("saga", saga)
                      .put("step", step)
                      .put("times", parking.times())
                      .put("topic", where.topic())
                      .put("partition", where.partition())
                      .put("offset", where.offset())
                  : "step %s of %s %s, %s %d@%d; `./saga trace %s` shows what comes of it."
                      .formatted(
                          step,
                          saga,
                          asks(),
                          where.topic(),
                          where.partition(),
                          where.offset(),
                          saga));
      return Console.OK;
    }
  }
}
