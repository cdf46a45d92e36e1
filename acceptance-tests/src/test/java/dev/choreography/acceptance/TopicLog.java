// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Topics from their beginning to where they ended when this was read.
 *
 * @param records in the order of their offsets, within each partition
 */
record TopicLog(List<ConsumerRecord<byte[], byte[]>> records) {

  static TopicLog read(String bootstrapServers, Collection<String> topics) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrapServers, "enable.auto.commit", false),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          topics.stream()
              .flatMap(topic -> consumer.partitionsFor(topic).stream())
              .map(info -> new TopicPartition(info.topic(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return new TopicLog(records);
  }

  static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? "" : new String(header.value(), UTF_8);
  }

  List<ConsumerRecord<byte[], byte[]>> of(String topic, String sagaId) {
    return bySaga().getOrDefault(sagaId, Map.of()).getOrDefault(topic, List.of());
  }

  /** Records by key, then by topic. */
  Map<String, Map<String, List<ConsumerRecord<byte[], byte[]>>>> bySaga() {
    return records.stream()
        .collect(
            Collectors.groupingBy(
                record -> record.key() == null ? "" : new String(record.key(), UTF_8),
                TreeMap::new,
                Collectors.groupingBy(ConsumerRecord::topic, TreeMap::new, Collectors.toList())));
  }
}
