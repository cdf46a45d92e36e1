// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * The largest record of each topic: the smaller of the producer's limit and the topic's. What is
 * larger could be committed and never published.
 *
 * <p>Both are compared with the size before compression. The producer does the same with its own
 * limit; the broker compares the compressed batch, so it takes what passes here.
 */
final class RecordLimits {

  /**
   * A batch of one record beside its key, value and headers, in bytes, as the producer counts: 61
   * of the batch, at most 21 of the record, and at most 5 for each of three lengths.
   */
  private static final int FRAMING = 61 + 21 + 3 * 5;

  /** The lengths of a header's name and value. */
  private static final int HEADER_FRAMING = 2 * 5;

  /**
   * The largest event that the framework makes itself, in bytes: its texts are shortened, and its
   * headers come to about 700 bytes, and with the longest saga id, and the longest of others'
   * headers that are passed on, to less than this. Also what a dead letter without its record has.
   */
  private static final int OWN_EVENTS = 16 * 1024;

  private final int ofProducer;
  private volatile Map<String, Integer> ofTopics = Map.of();
  private volatile boolean stale;

  RecordLimits(KafkaSettings settings) {
    this.ofProducer = settings.maxRecordBytes();
  }

  /**
   * Reads the topics' limits.
   *
   * @param problems receives a sentence for each topic that does not even take what the framework
   *     makes itself
   */
  void read(Admin admin, Collection<String> topics, Collection<String> problems)
      throws InterruptedException, ExecutionException {
    stale = false;
    Map<String, Integer> found = TopicSettings.largestMessages(admin, topics);
    ofTopics = Map.copyOf(found);
    if (ofProducer < OWN_EVENTS) {
      problems.add(
          "%s is %s bytes, the framework's own events need up to %s; raise it"
              .formatted(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, ofProducer, OWN_EVENTS));
    }
    new TreeMap<>(found)
        .forEach(
            (topic, bytes) -> {
              if (bytes < OWN_EVENTS) {
                problems.add(
                    "topic %s takes records of at most %s bytes, the framework's own events need up to %s; raise %s"
                        .formatted(topic, bytes, OWN_EVENTS, TopicConfig.MAX_MESSAGE_BYTES_CONFIG));
              }
            });
  }

  /** The topics whose limits were read. */
  Set<String> topics() {
    return ofTopics.keySet();
  }

  /** Notes that a topic's limit may have changed: the broker refused a record, or this did. */
  void suspect() {
    stale = true;
  }

  /** Returns whether they are to be read again. */
  boolean areSuspect() {
    return stale;
  }

  /** The reason why a record is too large for its topic, or null if it is not. */
  @Nullable String problem(String topic, String key, byte[] value, Map<String, String> headers) {
    long size = FRAMING + (long) utf8(key) + value.length;
    for (Map.Entry<String, String> header : headers.entrySet()) {
      size += HEADER_FRAMING + utf8(header.getKey()) + utf8(header.getValue());
    }
    int ofTopic = ofTopics.getOrDefault(topic, Integer.MAX_VALUE);
    if (size <= Math.min(ofTopic, ofProducer)) {
      return null;
    }
    List<String> limits = new ArrayList<>();
    if (size > ofTopic) {
      suspect();
      limits.add(
          "the topic takes %s (%s)".formatted(ofTopic, TopicConfig.MAX_MESSAGE_BYTES_CONFIG));
    }
    if (size > ofProducer) {
      limits.add(
          "the producer sends %s (%s)"
              .formatted(ofProducer, ProducerConfig.MAX_REQUEST_SIZE_CONFIG));
    }
    return "the %s of saga %s has %s bytes with its key and headers, before compression; at most, %s"
        .formatted(topic, key, size, String.join(", and ", limits));
  }

  private static int utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
