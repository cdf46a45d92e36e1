// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.Choreography;
import dev.choreography.engine.Trouble;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ids and the numbers of partitions of a participant's topics, as the brokers last told them.
 * Topics grow, and are deleted and created again, while a participant runs: nothing is remembered
 * from its start. Safe for use by several threads.
 */
public final class ObservedTopics {

  private static final Logger LOG = LoggerFactory.getLogger(ObservedTopics.class);

  /** A client with another partitioner makes every record look as if the numbers were old. */
  private static final Duration SOONEST = Duration.ofSeconds(10);

  private static final int ANSWER_MS = 5_000;

  private final KafkaSettings settings;
  private final Set<String> names = new TreeSet<>();
  private final Map<String, List<String>> siblings = new TreeMap<>();
  private volatile Map<String, Observed> topics = Map.of();
  private volatile List<String> warnings = List.of();
  private long readAt;

  private record Observed(String id, int partitions) {}

  /** The topics of these choreographies; read when they are first needed. */
  public ObservedTopics(KafkaSettings settings, Collection<Choreography> choreographies) {
    this.settings = settings;
    for (Choreography choreography : choreographies) {
      names.addAll(choreography.topics());
      siblings.put(choreography.name(), choreography.topics());
    }
  }

  /** Returns one sentence for each choreography whose topics differ in their partitions. */
  public List<String> warnings() {
    return warnings;
  }

  /** Returns the topic's id; null if it does not exist. */
  @Nullable String id(String topic) {
    Observed observed = topics.get(topic);
    return observed == null ? null : observed.id();
  }

  /**
   * Reads them anew.
   *
   * @throws Trouble if the brokers do not answer
   */
  synchronized void refresh() {
    topics = read();
    readAt = System.nanoTime();
    warnings = differences();
  }

  /**
   * Reads them anew if they were read longer ago than that.
   *
   * @throws Trouble if the brokers do not answer
   */
  synchronized void refreshIfOlderThan(Duration age) {
    if (topics.isEmpty() || System.nanoTime() - readAt > age.toNanos()) {
      refresh();
    }
  }

  /** Returns whether a record lies on another partition than its key's. */
  boolean isMisplaced(String topic, int partition, byte @Nullable [] key) {
    if (key == null || isPlaceOf(topic, partition, key)) {
      return false;
    }
    try {
      refreshIfOlderThan(SOONEST);
    } catch (Trouble e) {
      LOG.debug("whether records are misplaced is judged by old numbers: {}", e.getMessage());
    }
    return !isPlaceOf(topic, partition, key);
  }

  private boolean isPlaceOf(String topic, int partition, byte[] key) {
    Observed observed = topics.get(topic);
    return observed != null
        && Utils.toPositive(Utils.murmur2(key)) % observed.partitions() == partition;
  }

  private Map<String, Observed> read() {
    Map<String, Observed> read = new HashMap<>();
    try (Admin admin = Admin.create(settings.admin())) {
      for (Map.Entry<String, KafkaFuture<TopicDescription>> topic :
          admin
              .describeTopics(names, new DescribeTopicsOptions().timeoutMs(ANSWER_MS))
              .topicNameValues()
              .entrySet()) {
        try {
          TopicDescription found = topic.getValue().get();
          read.put(
              topic.getKey(), new Observed(found.topicId().toString(), found.partitions().size()));
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
            throw e;
          }
        }
      }
      return read;
    } catch (ExecutionException | KafkaException e) {
      throw new Trouble("asking Kafka for the topics %s".formatted(names), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Trouble("interrupted while asking Kafka for the topics %s".formatted(names), e);
    }
  }

  private List<String> differences() {
    List<String> found = new ArrayList<>();
    siblings.forEach(
        (choreography, of) -> {
          Map<String, Integer> partitions = new TreeMap<>();
          for (String topic : of) {
            Observed observed = topics.get(topic);
            if (observed != null) {
              partitions.put(topic, observed.partitions());
            }
          }
          if (Set.copyOf(partitions.values()).size() > 1) {
            found.add(
                "the topics of %s have different numbers of partitions: %s; give all of them the highest, since a restart is refused until they are alike"
                    .formatted(choreography, partitions));
          }
        });
    found.stream().filter(warning -> !warnings.contains(warning)).forEach(LOG::warn);
    return List.copyOf(found);
  }
}
