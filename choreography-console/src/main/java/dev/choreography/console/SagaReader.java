// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.SagaTrace;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.kafka.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Finds the events of one saga. They share a partition number, so of each topic only that partition
 * is read. The other partitions are read, too, before anybody hears that something is missing: a
 * client with another partitioner, or a topic that was made larger, puts events elsewhere.
 */
final class SagaReader implements AutoCloseable {

  private final Cluster cluster;
  private final Collection<Declaration> declarations;
  private final String saga;
  private final byte[] key;
  private final Set<String> starts;
  private final Map<String, Integer> counts;
  private final Map<String, Integer> deadLetters;
  private final PartitionReader reader;
  private final List<TracedEvent> found = new ArrayList<>();

  /** A reader that has not read yet. */
  SagaReader(Cluster cluster, Collection<Declaration> declarations, String saga)
      throws InterruptedException {
    this.cluster = cluster;
    this.declarations = List.copyOf(declarations);
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
    this.deadLetters =
        cluster.partitions(
            declarations.stream()
                .flatMap(each -> each.participants().stream().map(Topics::deadLetters))
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

  /**
   * All that is there now, in no order; a start that nobody has adopted with its dead letters, if
   * it is one.
   */
  List<TracedEvent> toEnd() {
    reader.toEnd(this::keep);
    if (isIncomplete()) {
      read(counts, (topic, partition) -> partition != partition(counts.getOrDefault(topic, 1)));
    }
    if (found.stream().allMatch(SagaTrace::isBare)) {
      read(deadLetters, (topic, partition) -> true);
    }
    return List.copyOf(found);
  }

  /** Whether something that must have been published is not where its key belongs. */
  private boolean isIncomplete() {
    return found.stream().noneMatch(event -> starts.contains(event.record().topic()))
        || SagaTrace.of(saga, declarations, found).stream().anyMatch(trace -> !trace.hasEnded());
  }

  private void read(Map<String, Integer> topics, BiPredicate<String, Integer> wanted) {
    List<TopicPartition> partitions =
        topics.entrySet().stream()
            .flatMap(
                topic ->
                    IntStream.range(0, topic.getValue())
                        .filter(partition -> wanted.test(topic.getKey(), partition))
                        .mapToObj(partition -> new TopicPartition(topic.getKey(), partition)))
            .toList();
    try (PartitionReader elsewhere = new PartitionReader(cluster, partitions)) {
      elsewhere.toEnd(this::keep);
    }
  }

  /** The same, with what has come since. */
  List<TracedEvent> more() {
    reader.poll(this::keep);
    return List.copyOf(found);
  }

  /** Starts whose deadlines lie before this are ignored by every participant; null if none is. */
  @Nullable Instant horizon() throws InterruptedException {
    if (!found.stream().allMatch(SagaTrace::isBare)) {
      return null;
    }
    Duration kept = cluster.kept(counts.keySet());
    return kept == null ? null : Instant.now().minus(kept);
  }

  private void keep(ConsumerRecord<byte[], byte[]> record) {
    if (record.key() != null) {
      if (Arrays.equals(record.key(), key)) {
        found.add(new TracedEvent(record, cluster.event(record)));
      }
    } else if (starts.contains(record.topic()) || deadLetters.containsKey(record.topic())) {
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
