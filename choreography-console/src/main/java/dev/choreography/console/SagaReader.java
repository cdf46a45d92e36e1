// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.TracedEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;

/**
 * Finds the events of one saga. They share a partition number, so of each topic only that partition
 * is read; only a start that is not there is looked for in the others.
 */
final class SagaReader implements AutoCloseable {

  private final Cluster cluster;
  private final String saga;
  private final byte[] key;
  private final Set<String> starts;
  private final Map<String, Integer> counts;
  private final PartitionReader reader;
  private final List<TracedEvent> found = new ArrayList<>();

  /** A reader that has not read yet. */
  SagaReader(Cluster cluster, Collection<Declaration> declarations, String saga)
      throws InterruptedException {
    this.cluster = cluster;
    this.saga = saga;
    this.key = saga.getBytes(UTF_8);
    this.starts =
        declarations.stream().map(each -> each.declared().getStart()).collect(Collectors.toSet());
    this.counts =
        cluster.partitions(
            declarations.stream()
                .flatMap(
                    each ->
                        Stream.concat(
                            each.topics().stream(), Stream.of(each.declared().getControl())))
                .collect(Collectors.toSet()));
    this.reader =
        new PartitionReader(
            cluster,
            counts.entrySet().stream()
                .map(topic -> new TopicPartition(topic.getKey(), partition(topic.getValue())))
                .toList());
  }

  private int partition(int count) {
    return Utils.toPositive(Utils.murmur2(key)) % count;
  }

  /** All that is there now, in no order. */
  List<TracedEvent> toEnd() {
    reader.toEnd(this::keep);
    if (found.stream().noneMatch(event -> starts.contains(event.record().topic()))) {
      List<TopicPartition> others =
          counts.entrySet().stream()
              .filter(topic -> starts.contains(topic.getKey()))
              .flatMap(
                  topic ->
                      IntStream.range(0, topic.getValue())
                          .filter(other -> other != partition(topic.getValue()))
                          .mapToObj(other -> new TopicPartition(topic.getKey(), other)))
              .toList();
      try (PartitionReader elsewhere = new PartitionReader(cluster, others)) {
        elsewhere.toEnd(this::keep);
      }
    }
    return List.copyOf(found);
  }

  /** The same, with what has come since. */
  List<TracedEvent> more() {
    reader.poll(this::keep);
    return List.copyOf(found);
  }

  private void keep(ConsumerRecord<byte[], byte[]> record) {
    if (record.key() != null) {
      if (Arrays.equals(record.key(), key)) {
        found.add(new TracedEvent(record, cluster.event(record)));
      }
    } else if (starts.contains(record.topic())) {
      GenericRecord event = cluster.event(record);
      if (event != null && saga.equals(String.valueOf(event.get(0)))) {
        found.add(new TracedEvent(record, event));
      }
    }
  }

  @Override
  public void close() {
    reader.close();
  }
}
