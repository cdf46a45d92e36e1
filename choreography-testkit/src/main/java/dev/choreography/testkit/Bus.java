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

  /** Of each topic at first; some, so that one saga's events may overtake another's. */
  static final int PARTITIONS = 2;

  private final Map<String, Topic> topics = new HashMap<>();

  /** A topic's logs. */
  Topic topic(String name) {
    return topics.computeIfAbsent(name, Topic::new);
  }

  /** Some partitions. */
  static final class Topic {
    private final String name;
    private final List<Log> partitions = new ArrayList<>();
    private long grownAt = Long.MAX_VALUE;

    private Topic(String name) {
      this.name = name;
      addUpTo(PARTITIONS);
    }

    private void addUpTo(int count) {
      while (partitions.size() < count) {
        partitions.add(new Log(this, partitions.size()));
      }
    }

    String name() {
      return name;
    }

    List<Log> partitions() {
      return partitions;
    }

    /** Adds partitions, once; what is there stays where it is. */
    void grow(int count, long now) {
      if (hasGrown()) {
        throw new IllegalStateException("topic %s grows twice".formatted(name));
      }
      grownAt = now;
      addUpTo(count);
    }

    boolean hasGrown() {
      return grownAt != Long.MAX_VALUE;
    }

    /** Returns how many partitions it had at a time. */
    int countAt(long time) {
      return time < grownAt ? PARTITIONS : partitions.size();
    }

    /**
     * Adds a record of a saga.
     *
     * @param count of the partitions, as far as the producer knows
     */
    void append(
        Saga saga,
        byte @Nullable [] key,
        byte[] value,
        Map<String, String> headers,
        Instant at,
        int count) {
      append(saga, key, value, headers, at, count, 0);
    }

    /** Adds a record where its key does not belong. */
    void misplace(Saga saga, byte[] value, Instant at, int count) {
      append(saga, saga.key(), value, Map.of(), at, count, 1);
    }

    private void append(
        Saga saga,
        byte @Nullable [] key,
        byte[] value,
        Map<String, String> headers,
        Instant at,
        int count,
        int off) {
      partitions
          .get((saga.number() + off) % count)
          .records
          .add(new Message(saga, key, value, new Headers(headers), at));
    }
  }

  /** One partition. */
  static final class Log {
    private final Topic topic;
    private final int partition;
    private final List<Message> records = new ArrayList<>();

    private Log(Topic topic, int partition) {
      this.topic = topic;
      this.partition = partition;
    }

    String topic() {
      return topic.name;
    }

    Topic whole() {
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

    /** Tells whether a saga's records belong elsewhere, if the topic has so many partitions. */
    boolean isMisplaced(Message record, int count) {
      return record.key != null && record.saga.number() % count != partition;
    }
  }

  /**
   * A record.
   *
   * @param saga whose it is
   * @param timestamp when it was published
   */
  record Message(
      Saga saga, byte @Nullable [] key, byte[] value, Headers headers, Instant timestamp) {}

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
