// SPDX-License-Identifier: Apache-2.0
package dev.choreography.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.avro.GenericAvroDeserializer;
import dev.choreography.protocol.EventHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/** Reads the topics of a choreography from their start: that is all it takes to follow a saga. */
final class SagaPaths implements AutoCloseable {

  private static final Duration A_WHILE = Duration.ofMillis(200);

  private final Choreography choreography;
  private final KafkaConsumer<String, GenericRecord> consumer;
  private final Map<String, SagaPath> paths = new TreeMap<>();

  SagaPaths(Choreography choreography, Properties kafka) {
    this.choreography = choreography;
    Properties settings = new Properties();
    settings.putAll(kafka);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, GenericAvroDeserializer.class);
    consumer = new KafkaConsumer<>(settings);
    List<TopicPartition> partitions =
        choreography.events().stream()
            .map(EventType::topic)
            .flatMap(topic -> consumer.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
  }

  /** Reads until these sagas have ended, or the time is over; all that is known by then. */
  Map<String, SagaPath> untilEnded(Collection<String> sagas, Duration atMost) {
    long until = System.nanoTime() + atMost.toNanos();
    sagas.forEach(this::path);
    while (System.nanoTime() < until && !sagas.stream().allMatch(saga -> path(saga).hasEnded())) {
      consumer.poll(A_WHILE).forEach(record -> path(record.key()).add(event(record)));
    }
    return paths;
  }

  private SagaPath path(String sagaId) {
    return paths.computeIfAbsent(sagaId, id -> new SagaPath(choreography));
  }

  private static SagaPath.Event event(ConsumerRecord<String, GenericRecord> record) {
    GenericRecord event = record.value();
    return new SagaPath.Event(
        record.topic(),
        Instant.parse(header(record, EventHeaders.TIME)),
        header(record, EventHeaders.OUTCOME),
        event.hasField("reason") ? String.valueOf(event.get("reason")) : "");
  }

  private static String header(ConsumerRecord<?, ?> record, String name) {
    @Nullable Header header = record.headers().lastHeader(name);
    return header == null ? "" : new String(header.value(), UTF_8);
  }

  @Override
  public void close() {
    consumer.close();
  }
}
