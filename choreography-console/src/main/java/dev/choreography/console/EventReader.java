// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.avro.AvroDeserializer;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.kafka.DeadLetterHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads topics from their start, as a member of no group. */
final class EventReader implements AutoCloseable {

  private static final int RECORDS_AT_ONCE = 5_000;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final AvroDeserializer deserializer = new AvroDeserializer();
  private final Set<String> deadLetterTopics;
  private final List<String> deadLetters = new ArrayList<>();

  /**
   * @param topics of events of trusted classes
   * @param deadLetterTopics whose records become {@link #deadLetters()}
   */
  EventReader(Properties kafka, Collection<String> topics, Set<String> deadLetterTopics) {
    this.deadLetterTopics = deadLetterTopics;
    Map<String, Object> settings = new HashMap<>();
    kafka.stringPropertyNames().forEach(name -> settings.put(name, kafka.getProperty(name)));
    deserializer.configure(settings, false);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, RECORDS_AT_ONCE);
    consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions = new ArrayList<>();
    for (Collection<String> some : List.of(topics, deadLetterTopics)) {
      for (String topic : some) {
        consumer
            .partitionsFor(topic)
            .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
      }
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /**
   * What has come since the last call.
   *
   * @param wait how long for, where nothing is there yet
   * @throws org.apache.kafka.common.errors.SerializationException if a record is no event
   */
  List<TracedEvent> poll(Duration wait) {
    List<TracedEvent> events = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(wait)) {
      if (deadLetterTopics.contains(record.topic())) {
        deadLetters.add(
            "%s@%d: a record of %s could not be read: %s"
                .formatted(
                    record.topic(),
                    record.offset(),
                    TracedEvent.header(record, DeadLetterHeaders.TOPIC),
                    TracedEvent.header(record, DeadLetterHeaders.REASON)));
        continue;
      }
      SpecificRecord event = deserializer.deserialize(record.topic(), record.value());
      if (event != null) {
        events.add(new TracedEvent(record, event));
      }
    }
    return events;
  }

  /** A sentence for each dead letter read so far. */
  List<String> deadLetters() {
    return List.copyOf(deadLetters);
  }

  @Override
  public void close() {
    consumer.close();
    deserializer.close();
  }
}
