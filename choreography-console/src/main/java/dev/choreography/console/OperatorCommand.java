// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.trace.Refusal;
import dev.choreography.console.trace.SagaTrace;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What all commands share that publish an event on a saga's control topic. */
abstract class OperatorCommand implements Callable<Integer> {

  @Parameters(index = "0", paramLabel = "ID", description = "The saga's id.")
  private String saga;

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

  /**
   * What is said.
   *
   * @param event the command
   * @param number tells its id from those of other commands of its type
   * @param asks for what, with its subject, a sentence without its end
   * @param otherwise how things stay if Kafka does not take it
   */
  record Saying(SpecificRecord event, String number, String asks, String otherwise) {}

  /**
   * What is to be said.
   *
   * @param answer gets what it is about, beside the saga
   * @throws Refusal if this saga is not to be told so
   */
  abstract Saying say(SagaTrace trace, String operator, ObjectNode answer);

  @Override
  public final Integer call() throws InterruptedException {
    try (Cluster cluster = options.connect()) {
      SagaTrace trace = Control.trace(cluster, saga);
      ObjectNode answer = new ObjectMapper().createObjectNode().put("saga", saga);
      Saying saying = say(trace, who, answer);
      RecordMetadata where =
          Control.publish(cluster, trace, saying.event(), saying.number(), saying.otherwise());
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        out.println(
            answer
                .put("topic", where.topic())
                .put("partition", where.partition())
                .put("offset", where.offset()));
      } else {
        out.printf(
            "%s, %s %s@%s; `./saga trace %s --follow` shows what comes of it.%n",
            saying.asks(), where.topic(), where.partition(), where.offset(), Console.quoted(saga));
      }
      return Console.OK;
    }
  }
}
