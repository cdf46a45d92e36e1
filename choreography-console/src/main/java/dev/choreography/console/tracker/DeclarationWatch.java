// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import dev.choreography.kafka.ChoreographiesTopic;
import dev.choreography.kafka.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** Notices that something was declared. For one thread, but for {@link #wakeup()}. */
final class DeclarationWatch implements AutoCloseable {

  private final Sources sources;
  private final CountDownLatch closing;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;

  /**
   * Does nothing yet.
   *
   * @param closing ends its waiting at once, together with {@link #wakeup()}
   */
  DeclarationWatch(Sources sources, CountDownLatch closing) {
    this.sources = sources;
    this.closing = closing;
  }

  /**
   * Whether something was declared since the last call, or could have been; waits for a moment.
   *
   * @throws WakeupException if it was woken
   */
  boolean poll(Duration wait) throws InterruptedException {
    KafkaConsumer<byte[], byte[]> there = consumer;
    if (there != null) {
      boolean declared = false;
      for (ConsumerRecord<byte[], byte[]> record : there.poll(wait)) {
        declared |= ChoreographiesTopic.isDeclaration(record.key());
      }
      return declared;
    }
    Integer partitions =
        sources.partitions(List.of(Topics.CHOREOGRAPHIES)).get(Topics.CHOREOGRAPHIES);
    if (partitions == null) {
      var unused = closing.await(wait.toMillis(), TimeUnit.MILLISECONDS);
      return false;
    }
    Map<String, Object> settings = new HashMap<>(sources.properties());
    settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    KafkaConsumer<byte[], byte[]> opened =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer = opened;
    List<TopicPartition> all =
        IntStream.range(0, partitions)
            .mapToObj(partition -> new TopicPartition(Topics.CHOREOGRAPHIES, partition))
            .toList();
    opened.assign(all);
    opened.seekToEnd(all);
    all.forEach(opened::position);
    return true;
  }

  /** Ends a {@link #poll}, this one or the next; by any thread. */
  void wakeup() {
    KafkaConsumer<byte[], byte[]> there = consumer;
    if (there != null) {
      there.wakeup();
    }
  }

  @Override
  public void close() {
    KafkaConsumer<byte[], byte[]> there = consumer;
    if (there != null) {
      there.close();
    }
  }
}
