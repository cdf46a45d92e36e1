// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.kafka.Topics;
import dev.choreography.protocol.EventHeaders;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/** A reader of all topics of some choreographies, which tells {@link Remaining} what it reads. */
final class RemainingReader implements AutoCloseable {

  private final Cluster cluster;
  private final Remaining remaining;
  private final PartitionReader reader;
  private final Set<String> controls;
  private final Map<String, String> ownersByDeadLetters = new TreeMap<>();
  private final List<PutAside> letters = new ArrayList<>();

  /**
   * A reader of these choreographies' topics.
   *
   * @param read all versions of each choreography, since a start may be of any of them
   */
  RemainingReader(Cluster cluster, Collection<Declaration> read) throws InterruptedException {
    this.cluster = cluster;
    this.controls =
        read.stream().map(each -> each.declared().getControl()).collect(Collectors.toSet());
    read.forEach(
        each ->
            each.participants()
                .forEach(owner -> ownersByDeadLetters.put(Topics.deadLetters(owner), owner)));
    Set<String> events = new TreeSet<>(controls);
    read.forEach(each -> events.addAll(each.topics()));
    this.remaining = new Remaining(read, cluster.kept(events));
    Set<String> topics = new TreeSet<>(events);
    topics.addAll(ownersByDeadLetters.keySet());
    this.reader = new PartitionReader(cluster, partitions(cluster, topics));
  }

  private static List<TopicPartition> partitions(Cluster cluster, Set<String> topics)
      throws InterruptedException {
    return cluster.partitions(topics).entrySet().stream()
        .flatMap(
            topic ->
                IntStream.range(0, topic.getValue())
                    .mapToObj(partition -> new TopicPartition(topic.getKey(), partition)))
        .toList();
  }

  /** Reads all that is there now, and returns what remains. */
  Remaining toEnd() {
    reader.toEnd(this::read);
    return remaining;
  }

  /** Reads what has come since. */
  void poll() {
    int ignored = reader.poll(this::read);
  }

  private void read(ConsumerRecord<byte[], byte[]> record) {
    String owner = ownersByDeadLetters.get(record.topic());
    if (owner == null) {
      remaining.add(event(record));
    } else {
      letters.add(new PutAside(owner, record, null));
      remaining.deadLetters(DeadLetters.of(letters));
    }
  }

  /** Decoded only where its headers do not tell all. */
  private TracedEvent event(ConsumerRecord<byte[], byte[]> record) {
    boolean whole =
        TracedEvent.header(record, EventHeaders.CHOREOGRAPHY) == null
            || controls.contains(record.topic());
    return new TracedEvent(record, whole ? cluster.event(record) : null);
  }

  @Override
  public void close() {
    reader.close();
  }
}
