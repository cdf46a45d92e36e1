// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The topics: logs of records, which only grow. */
final class Bus {

  /** Of each topic; some, so that one saga's events may overtake another's. */
  static final int PARTITIONS = 2;

  private final Map<String, Topic> topics = new HashMap<>();

  /** A topic's logs. */
  Topic topic(String name) {
    return topics.computeIfAbsent(name, Topic::new);
  }

  /** Some partitions. */
  static final class Topic {
    private final List<Log> partitions = new ArrayList<>();

    private Topic(String name) {
      for (int i = 0; i < PARTITIONS; i++) {
        partitions.add(new Log(name, i));
      }
    }

    List<Log> partitions() {
      return partitions;
    }

    /** Adds a record of a saga. */
    void append(
        Saga saga, byte @Nullable [] key, byte[] value, Map<String, String> headers, Instant at) {
      append(saga, key, value, headers, at, saga.number() % PARTITIONS, false);
    }

    /** Adds a record where its key does not belong. */
    void misplace(Saga saga, byte[] value, Instant at) {
      append(saga, saga.key(), value, Map.of(), at, (saga.number() + 1) % PARTITIONS, true);
    }

    private void append(
        Saga saga,
        byte @Nullable [] key,
        byte[] value,
        Map<String, String> headers,
        Instant at,
        int partition,
        boolean misplaced) {
      partitions
          .get(partition)
          .records
          .add(new Message(saga, key, value, new Headers(headers), at, misplaced));
    }
  }

  /** One partition. */
  static final class Log {
    private final String topic;
    private final int partition;
    private final List<Message> records = new ArrayList<>();

    private Log(String topic, int partition) {
      this.topic = topic;
      this.partition = partition;
    }

    String topic() {
      return topic;
    }

    int partition() {
      return partition;
    }

    int size() {
      return records.size();
    }

    Message get(int offset) {
      return records.get(offset);
    }
  }

  /**
   * A record.
   *
   * @param saga whose it is
   * @param timestamp when it was published
   * @param misplaced whether it lies on another partition than its key's
   */
  record Message(
      Saga saga,
      byte @Nullable [] key,
      byte[] value,
      Headers headers,
      Instant timestamp,
      boolean misplaced) {}

  /** Headers as a consumer sees them; few of them are ever looked at. */
  static final class Headers extends AbstractMap<String, byte[]> {
    private final Map<String, String> texts;

    private Headers(Map<String, String> texts) {
      this.texts = texts;
    }

    @Nullable String text(String name) {
      return texts.get(name);
    }

    @Override
    public byte @Nullable [] get(@Nullable Object name) {
      String text = texts.get(name);
      return text == null ? null : text.getBytes(UTF_8);
    }

    @Override
    public boolean containsKey(@Nullable Object name) {
      return texts.containsKey(name);
    }

    @Override
    public Set<Entry<String, byte[]>> entrySet() {
      return texts.keySet().stream()
          .map(name -> Map.entry(name, Objects.requireNonNull(get(name))))
          .collect(Collectors.toSet());
    }
  }
}
