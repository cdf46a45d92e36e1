// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.protocol.EventHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Where the time of a trip goes, as the headers of its events tell it: each part is what its three
 * hops took together, on the average, in milliseconds.
 */
final class TripParts {

  /** Sent by one, read by the next: two clients of Kafka and the broker. */
  private static final String BROKER = "broker";

  /** Read, and the handler not yet called. */
  private static final String INBOX = "inbox";

  private static final String HANDLER = "handler";

  /**
   * Made by the handler, and not yet sent: what the transaction still had to do, and its commit.
   */
  private static final String COMMIT = "commit";

  private static final List<String> TOPICS =
      List.of(Trips.STARTED, Trips.FLIGHT, Trips.HOTEL, Trips.CAR);

  private static final Duration POLL = Duration.ofMillis(500);

  private TripParts() {}

  /**
   * Those of the sagas that begin and end behind these offsets.
   *
   * @param behind by topic, what was written to each partition before
   */
  static Map<String, Double> since(Stage stage, Map<String, List<Long>> behind) {
    Map<String, Map<String, ConsumerRecord<byte[], byte[]>>> events = read(stage, behind);
    Map<String, Double> parts = new HashMap<>();
    int trips = 0;
    for (String saga : of(events, Trips.CAR).keySet()) {
      List<ConsumerRecord<byte[], byte[]>> chain =
          TOPICS.stream().map(topic -> of(events, topic).get(saga)).toList();
      if (chain.contains(null)) {
        continue;
      }
      trips++;
      for (int i = 1; i < chain.size(); i++) {
        addHop(parts, chain.get(i - 1), chain.get(i));
      }
    }
    if (trips == 0) {
      throw new IllegalStateException("no trip is whole on the topics");
    }
    int all = trips;
    parts.replaceAll((part, millis) -> millis / all);
    return parts;
  }

  /** What is on the topics at this moment. */
  static Map<String, List<Long>> now(Stage stage) {
    Map<String, List<Long>> written = new HashMap<>();
    TOPICS.forEach(topic -> written.put(topic, stage.writtenByPartition(topic)));
    return written;
  }

  private static void addHop(
      Map<String, Double> parts,
      ConsumerRecord<byte[], byte[]> cause,
      ConsumerRecord<byte[], byte[]> event) {
    Instant sent = Instant.ofEpochMilli(cause.timestamp());
    Instant received = time(event, EventHeaders.RECEIVED);
    Instant started = time(event, EventHeaders.STARTED);
    Instant made = time(event, EventHeaders.TIME);
    add(parts, BROKER, sent, received);
    add(parts, INBOX, received, started);
    add(parts, HANDLER, started, made);
    add(parts, COMMIT, made, Instant.ofEpochMilli(event.timestamp()));
  }

  private static void add(Map<String, Double> parts, String part, Instant from, Instant to) {
    parts.merge(part, Duration.between(from, to).toNanos() / 1e6, Double::sum);
  }

  private static Instant time(ConsumerRecord<byte[], byte[]> event, String header) {
    return Instant.parse(new String(event.headers().lastHeader(header).value(), UTF_8));
  }

  private static Map<String, ConsumerRecord<byte[], byte[]>> of(
      Map<String, Map<String, ConsumerRecord<byte[], byte[]>>> events, String topic) {
    return events.getOrDefault(topic, Map.of());
  }

  private static Map<String, Map<String, ConsumerRecord<byte[], byte[]>>> read(
      Stage stage, Map<String, List<Long>> behind) {
    Map<TopicPartition, Long> begin = partitions(behind);
    Map<TopicPartition, Long> end = partitions(now(stage));
    Map<String, Map<String, ConsumerRecord<byte[], byte[]>>> events = new HashMap<>();
    try (KafkaConsumer<byte[], byte[]> consumer = Clients.observer(stage.bootstrapServers())) {
      consumer.assign(begin.keySet());
      begin.forEach(consumer::seek);
      List<TopicPartition> left = new ArrayList<>(begin.keySet());
      while (!left.isEmpty()) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          events
              .computeIfAbsent(record.topic(), topic -> new HashMap<>())
              .putIfAbsent(new String(record.key(), UTF_8), record);
        }
        left.removeIf(partition -> consumer.position(partition) >= end.getOrDefault(partition, 0L));
      }
    }
    return events;
  }

  private static Map<TopicPartition, Long> partitions(Map<String, List<Long>> offsets) {
    Map<TopicPartition, Long> partitions = new HashMap<>();
    offsets.forEach(
        (topic, written) ->
            IntStream.range(0, written.size())
                .forEach(i -> partitions.put(new TopicPartition(topic, i), written.get(i))));
    return partitions;
  }
}
