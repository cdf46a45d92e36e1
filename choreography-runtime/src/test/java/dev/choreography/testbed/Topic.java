// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Topics as a stranger sees them, who knows bytes alone. Used by one thread.
 *
 * @param producer sends what a test says
 * @param consumer reads what is there
 */
public record Topic(KafkaProducer<byte[], byte[]> producer, KafkaConsumer<byte[], byte[]> consumer)
    implements AutoCloseable {

  /** On the cluster of these properties. */
  public static Topic on(Properties kafka) {
    return new Topic(
        new KafkaProducer<>(kafka, new ByteArraySerializer(), new ByteArraySerializer()),
        new KafkaConsumer<>(kafka, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
  }

  /** Sends a record and waits until the broker has it. */
  public void send(
      String topic,
      @Nullable Integer partition,
      @Nullable String key,
      byte @Nullable [] value,
      Map<String, String> headers)
      throws InterruptedException, ExecutionException {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            topic, partition, key == null ? null : key.getBytes(StandardCharsets.UTF_8), value);
    headers.forEach(
        (name, text) -> record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
    producer.send(record).get();
  }

  /** All records of a topic. */
  public List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(info -> new TopicPartition(topic, info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Collection<Map.Entry<TopicPartition, Long>> ends = consumer.endOffsets(partitions).entrySet();
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    while (ends.stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      consumer.poll(Duration.ofMillis(50)).forEach(records::add);
    }
    return records;
  }

  /** The records of a topic with this key. */
  public List<ConsumerRecord<byte[], byte[]>> records(String topic, String key) {
    return records(topic).stream().filter(record -> key.equals(text(record.key()))).toList();
  }

  /** The text of a header, or null. */
  public static @Nullable String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? null : text(header.value());
  }

  private static @Nullable String text(byte @Nullable [] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    producer.close();
    consumer.close();
  }
}
