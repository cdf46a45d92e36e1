// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * The topic {@link Topics#CHOREOGRAPHIES} and the keys on it: declarations have {@code
 * name:version}, all else has a slash, which no name has. Everything is on the first partition, so
 * that all readers see it in one order.
 */
public final class ChoreographiesTopic {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final TopicPartition ALL = new TopicPartition(Topics.CHOREOGRAPHIES, 0);

  private ChoreographiesTopic() {}

  /** Whether a record with this key is a declaration, or the removal of one. */
  public static boolean isDeclaration(byte @Nullable [] key) {
    return key != null && text(key).indexOf('/') < 0;
  }

  /** Tells of each record, from the first to the last that is there now. */
  static void read(KafkaSettings settings, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    Map<String, Object> properties = new HashMap<>(settings.reader());
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties)) {
      consumer.assign(List.of(ALL));
      consumer.seekToBeginning(List.of(ALL));
      long end = consumer.endOffsets(List.of(ALL)).getOrDefault(ALL, 0L);
      long until = System.nanoTime() + PATIENCE.toNanos();
      while (consumer.position(ALL) < end) {
        if (System.nanoTime() - until > 0) {
          throw new TimeoutException(
              "topic %s was not read to its end within %s"
                  .formatted(Topics.CHOREOGRAPHIES, PATIENCE));
        }
        consumer.poll(POLL).forEach(each);
      }
    }
  }

  /** What is to be published under a key. */
  static ProducerRecord<byte[], byte[]> record(String key, byte @Nullable [] value) {
    return new ProducerRecord<>(
        ALL.topic(), ALL.partition(), key.getBytes(StandardCharsets.UTF_8), value);
  }

  static String text(byte[] key) {
    return new String(key, StandardCharsets.UTF_8);
  }
}
