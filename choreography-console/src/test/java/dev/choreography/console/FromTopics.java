// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.avro.AvroDeserializer;
import dev.choreography.avro.EventClasses;
import dev.choreography.console.status.SagaStatus;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.SagaTrace;
import dev.choreography.console.trace.TracedEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;

/**
 * What a tracker should know, counted from the topics.
 *
 * @param cluster whose they are
 */
record FromTopics(Cluster cluster) {

  /**
   * How many sagas have which status, by the topics alone.
   *
   * @param left is not there any more
   */
  Map<String, Long> statuses(String left) throws Exception {
    List<Declaration> declarations = cluster.declarations();
    List<TopicPartition> partitions = new ArrayList<>();
    for (Declaration each : declarations) {
      for (String topic : each.topics()) {
        partitions.addAll(all(topic));
      }
      partitions.addAll(all(each.declared().getControl()));
    }
    Map<String, List<TracedEvent>> sagas = new HashMap<>();
    try (PartitionReader reader = new PartitionReader(cluster, partitions)) {
      reader.toEnd(
          record ->
              sagas
                  .computeIfAbsent(new String(record.key(), UTF_8), id -> new ArrayList<>())
                  .add(new TracedEvent(record, cluster.event(record))));
    }
    sagas.remove(left);
    Map<String, Long> counts = new TreeMap<>();
    sagas.forEach(
        (saga, events) ->
            SagaTrace.of(saga, declarations, events)
                .forEach(trace -> counts.merge(trace.status(Instant.now()), 1L, Long::sum)));
    return counts;
  }

  /** What was said of a saga on {@code saga_status}, in order; {@code open} is its version. */
  List<String> told(String key) throws Exception {
    EventClasses.trust(List.of(SagaStatus.class));
    List<String> told = new ArrayList<>();
    try (AvroDeserializer deserializer = new AvroDeserializer();
        PartitionReader reader = new PartitionReader(cluster, all("saga_status"))) {
      deserializer.configure(cluster.properties(), false);
      reader.toEnd(
          record -> {
            if (new String(record.key(), UTF_8).equals(key)) {
              SagaStatus status =
                  (SagaStatus) deserializer.deserialize(record.topic(), record.value());
              told.add(
                  status == null
                      ? "left"
                      : (status.getVersion() == null ? "open " : "") + status.getStatus());
            }
          });
    }
    return told;
  }

  private List<TopicPartition> all(String topic) throws Exception {
    int partitions = Objects.requireNonNull(cluster.partitions(List.of(topic)).get(topic));
    return IntStream.range(0, partitions).mapToObj(p -> new TopicPartition(topic, p)).toList();
  }
}
