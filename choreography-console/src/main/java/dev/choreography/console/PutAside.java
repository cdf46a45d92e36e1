// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.console.trace.Refusal;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.kafka.DeadLetterHeaders;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A dead letter.
 *
 * @param participant that put it aside
 * @param record as it lies on the participant's dead-letter topic
 * @param replay how it was published again; null if it was not
 */
record PutAside(
    String participant, ConsumerRecord<byte[], byte[]> record, @Nullable Replay replay) {

  /**
   * Who publishes it again, and why.
   *
   * @param why empty if that was not said
   */
  record Operator(String who, String why) {}

  /**
   * That it was published again.
   *
   * @param where it is now, {@code topic partition@offset}
   */
  record Replay(String where, Operator operator) {
    @Override
    public String toString() {
      return where
          + (operator.who().isEmpty() ? "" : ", by " + operator.who())
          + (operator.why().isEmpty() ? "" : ": " + operator.why());
    }
  }

  /** Makes a record of a dead-letter topic a mark: what is said to be read there was replayed. */
  private static final String REPLAYED = "dead_letter_replayed";

  private static final String WHO = "dead_letter_replayed_who";
  private static final String WHY = "dead_letter_replayed_why";

  private static final List<String> ORIGIN =
      List.of(
          DeadLetterHeaders.TOPIC,
          DeadLetterHeaders.PARTITION,
          DeadLetterHeaders.OFFSET,
          DeadLetterHeaders.TIMESTAMP);

  private static final Set<String> ADDED =
      Set.of(
          DeadLetterHeaders.REASON,
          DeadLetterHeaders.TOPIC,
          DeadLetterHeaders.PARTITION,
          DeadLetterHeaders.OFFSET,
          DeadLetterHeaders.TIMESTAMP);

  /** Stays the same, unlike a place in a list. */
  String name() {
    return record.partition() == 0
        ? "%s@%s".formatted(participant, record.offset())
        : "%s/%s@%s".formatted(participant, record.partition(), record.offset());
  }

  /** Why it was put aside. */
  String reason() {
    return header(DeadLetterHeaders.REASON);
  }

  String topic() {
    return header(DeadLetterHeaders.TOPIC);
  }

  /** When it was published at first. */
  String timestamp() {
    return header(DeadLetterHeaders.TIMESTAMP);
  }

  /** Where it was read: {@code topic partition@offset}. */
  String origin() {
    return "%s %s@%s"
        .formatted(topic(), header(DeadLetterHeaders.PARTITION), header(DeadLetterHeaders.OFFSET));
  }

  /**
   * Which record it is. Coordinates alone are used twice: a topic that is deleted and created again
   * begins at offset 0.
   */
  record Original(String origin, String timestamp, String key) {}

  /** The record that was put aside, the same for each participant that did. */
  Original identity() {
    return new Original(origin(), timestamp(), key());
  }

  String key() {
    return record.key() == null ? "" : new String(record.key(), UTF_8);
  }

  /** Whether a header was not there before it was put aside. */
  static boolean isAdded(Header header) {
    return ADDED.contains(header.key());
  }

  /**
   * The record as it was, to be published once more where it was. One without a key keeps its
   * partition.
   *
   * @throws Refusal if there is nothing of it to publish
   */
  ProducerRecord<byte[], byte[]> original() {
    if (record.value() == null) {
      throw new Refusal(
          "%s has no value, so there is nothing to replay: %s".formatted(name(), reason()));
    }
    String partition = header(DeadLetterHeaders.PARTITION);
    if (topic().isEmpty() || !partition.matches("\\d{1,9}")) {
      throw new Refusal("%s does not say which topic it came from".formatted(name()));
    }
    ProducerRecord<byte[], byte[]> original =
        new ProducerRecord<>(
            topic(),
            record.key() == null ? Integer.valueOf(partition) : null,
            record.key(),
            record.value());
    for (Header header : record.headers()) {
      if (!isAdded(header)) {
        original.headers().add(header);
      }
    }
    return original;
  }

  /**
   * What is to lie beside it once it was replayed, so that it need not be listed any more.
   *
   * @param where it was published again
   */
  ProducerRecord<byte[], byte[]> mark(RecordMetadata where, Operator operator) {
    // Its value is no null, which would make it a tombstone.
    ProducerRecord<byte[], byte[]> mark =
        new ProducerRecord<>(record.topic(), record.partition(), record.key(), new byte[0]);
    ORIGIN.forEach(name -> mark.headers().add(name, header(name).getBytes(UTF_8)));
    String now = "%s %s@%s".formatted(where.topic(), where.partition(), where.offset());
    mark.headers().add(REPLAYED, now.getBytes(UTF_8));
    mark.headers().add(WHO, operator.who().getBytes(UTF_8));
    mark.headers().add(WHY, operator.why().getBytes(UTF_8));
    return mark;
  }

  /** Of a record that is a mark: how what it is about was published again; else null. */
  @Nullable Replay mark() {
    String where = TracedEvent.header(record, REPLAYED);
    return where == null ? null : new Replay(where, new Operator(header(WHO), header(WHY)));
  }

  PutAside replayed(@Nullable Replay how) {
    return new PutAside(participant, record, how);
  }

  /** Where it was published again; null if it was not. */
  @Nullable String replayed() {
    return replay == null ? null : replay.where();
  }

  private String header(String name) {
    String value = TracedEvent.header(record, name);
    return value == null ? "" : value;
  }
}
