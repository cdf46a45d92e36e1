// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.Refusal;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads partitions from their start, as a member of no group. */
final class PartitionReader implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final int RECORDS_AT_ONCE = 5_000;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<TopicPartition> partitions;

  PartitionReader(Cluster cluster, Collection<TopicPartition> partitions) {
    Map<String, Object> settings = new HashMap<>(cluster.properties());
    settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, RECORDS_AT_ONCE);
    this.partitions = List.copyOf(partitions);
    this.consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.assign(this.partitions);
    consumer.seekToBeginning(this.partitions);
  }

  /** A reader that begins at the newest records of each partition, so many at most. */
  static PartitionReader ofNewest(
      Cluster cluster, Collection<TopicPartition> partitions, long newest) {
    PartitionReader reader = new PartitionReader(cluster, partitions);
    try {
      Map<TopicPartition, Long> begins = reader.consumer.beginningOffsets(reader.partitions);
      reader
          .consumer
          .endOffsets(reader.partitions)
          .forEach(
              (partition, end) ->
                  reader.consumer.seek(
                      partition, Math.max(begins.getOrDefault(partition, 0L), end - newest)));
      return reader;
    } catch (KafkaException e) {
      reader.close();
      throw new Refusal("reading %s: %s".formatted(partitions, Console.sentence(e)));
    }
  }

  /**
   * Reads all that is there now.
   *
   * @throws Refusal if Kafka stops answering
   */
  void toEnd(Consumer<ConsumerRecord<byte[], byte[]>> each) {
    try {
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      long last = System.nanoTime();
      while (ends.entrySet().stream()
          .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        if (poll(each) > 0) {
          last = System.nanoTime();
        } else if (System.nanoTime() - last > PATIENCE.toNanos()) {
          throw new Refusal(
              "Kafka has sent nothing for %s s, although there is more to read; try again"
                  .formatted(PATIENCE.toSeconds()));
        }
      }
    } catch (KafkaException e) {
      throw new Refusal("reading %s: %s".formatted(partitions, Console.sentence(e)));
    }
  }

  /** Reads what has come since, and returns how many records it was. */
  int poll(Consumer<ConsumerRecord<byte[], byte[]>> each) {
    int records = 0;
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      records++;
      each.accept(record);
    }
    return records;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
