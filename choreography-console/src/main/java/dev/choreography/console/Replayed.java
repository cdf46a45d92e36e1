// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * A dead letter that was published again.
 *
 * @param name as it was listed
 * @param where it is now
 */
record Replayed(String name, RecordMetadata where) {

  /**
   * Publishes dead letters again where they came from; none if one of them cannot be.
   *
   * @param operator who asks, and why
   * @param each is told of each once Kafka has it
   */
  static void replay(
      Cluster cluster,
      Collection<String> names,
      PutAside.Operator operator,
      Consumer<Replayed> each)
      throws InterruptedException {
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
          letters.get(i).mark(where, operator),
          "%s is published again and stays listed".formatted(name));
      each.accept(new Replayed(name, where));
    }
  }

  String text() {
    return "%s is published again, %s %s@%s"
        .formatted(name, where.topic(), where.partition(), where.offset());
  }

  ObjectNode json() {
    return new ObjectMapper()
        .createObjectNode()
        .put("name", name)
        .put("topic", where.topic())
        .put("partition", where.partition())
        .put("offset", where.offset());
  }
}
