// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.protocol.EventHeaders;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;

/**
 * Events that are not on the partition of their key. Another instance than that of their saga's
 * other events may handle them, and whoever reads one partition of a saga misses them.
 */
final class Misplaced {

  /** Of each partition; a larger topic is not read as a whole. */
  private static final int NEWEST = 20_000;

  private final Declaration declaration;
  private final Map<String, Integer> counts;
  private final Map<String, Integer> misplaced = new TreeMap<>();
  private final Map<String, String> examples = new TreeMap<>();

  private Misplaced(Declaration declaration, Map<String, Integer> counts) {
    this.declaration = declaration;
    this.counts = counts;
  }

  /** A sentence for each topic that has such events among its newest. */
  static List<String> problems(Cluster cluster, Declaration declaration)
      throws InterruptedException {
    TreeSet<String> topics = new TreeSet<>(declaration.topics());
    topics.add(declaration.declared().getControl());
    Misplaced found = new Misplaced(declaration, cluster.partitions(topics));
    List<TopicPartition> partitions =
        found.counts.entrySet().stream()
            .flatMap(
                topic ->
                    IntStream.range(0, topic.getValue())
                        .mapToObj(partition -> new TopicPartition(topic.getKey(), partition)))
            .toList();
    try (PartitionReader reader = PartitionReader.ofNewest(cluster, partitions, NEWEST)) {
      reader.toEnd(found::look);
    }
    return found.sentences();
  }

  private void look(ConsumerRecord<byte[], byte[]> record) {
    boolean isBare = TracedEvent.header(record, EventHeaders.CHOREOGRAPHY) == null;
    // A start that is published elsewhere is adopted, protocol rule 8.
    boolean isAdopted = isBare && record.topic().equals(declaration.declared().getStart());
    int count = counts.getOrDefault(record.topic(), 1);
    if (record.key() == null || isAdopted) {
      return;
    }
    int expected = Utils.toPositive(Utils.murmur2(record.key())) % count;
    if (record.partition() != expected) {
      misplaced.merge(record.topic(), 1, Integer::sum);
      examples.putIfAbsent(
          record.topic(),
          "%s at %s@%s, expected on partition %s"
              .formatted(
                  new String(record.key(), UTF_8), record.partition(), record.offset(), expected));
    }
  }

  private List<String> sentences() {
    List<String> sentences = new ArrayList<>();
    misplaced.forEach(
        (topic, count) ->
            sentences.add(
                "topic %s has %s events that are not on the partition of their key, the first is %s: a client with another partitioner published them, or the topic was made larger; let clients choose partitions as Kafka's Java client does, and give a topic its partitions once"
                    .formatted(topic, count, examples.get(topic))));
    return sentences;
  }
}
