// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.Control.Target;
import dev.choreography.console.trace.Refusal;
import dev.choreography.control.Repair;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Repairs of one or many sagas, one after another: one that fails keeps none of the others. */
final class Repairs {

  private Repairs() {}

  /**
   * The answer to one of them.
   *
   * @param where the command is, null if Kafka has not taken it
   * @param error why it has not, null if it has
   */
  record Asked(String saga, @Nullable RecordMetadata where, @Nullable String error) {

    static Asked failed(String saga, Refusal refusal) {
      return new Asked(saga, null, String.valueOf(refusal.getMessage()));
    }

    ObjectNode json() {
      ObjectNode json = new ObjectMapper().createObjectNode().put("saga", saga);
      return where == null
          ? json.put("error", error)
          : json.put("topic", where.topic())
              .put("partition", where.partition())
              .put("offset", where.offset());
    }

    String text() {
      return where == null
          ? "%s: %s".formatted(saga, error)
          : "the owners of %s are asked to publish again what their journals say, %s %s@%s"
              .formatted(saga, where.topic(), where.partition(), where.offset());
    }
  }

  /**
   * Asks the owners of all of these.
   *
   * @param each told of every one, whatever came of it
   * @return whether Kafka has taken all
   */
  static boolean ask(
      Cluster cluster, List<Target> targets, String who, String why, Consumer<Asked> each)
      throws InterruptedException {
    boolean all = true;
    try (Publisher publisher = new Publisher(cluster)) {
      for (Target target : targets) {
        Asked asked = ask(cluster, publisher, target, who, why);
        all &= asked.where() != null;
        each.accept(asked);
      }
    }
    return all;
  }

  private static Asked ask(
      Cluster cluster, Publisher publisher, Target target, String who, String why)
      throws InterruptedException {
    Repair repair = new Repair(target.saga(), who, why);
    // Each is an event of its own, which those that it has published again name as their cause.
    String number = "/" + Instant.now().toEpochMilli();
    try {
      RecordMetadata where =
          publisher.publish(
              Control.record(cluster, target, repair, number),
              "saga %s was not repaired".formatted(target.saga()));
      return new Asked(target.saga(), where, null);
    } catch (Refusal e) {
      return Asked.failed(target.saga(), e);
    }
  }
}
