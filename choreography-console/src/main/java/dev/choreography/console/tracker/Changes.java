// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.avro.AvroDeserializer;
import dev.choreography.console.status.SagaStatus;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hears of each change of a saga's status, whichever instance told it. */
public final class Changes implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Changes.class);
  private static final Duration POLL = Duration.ofMillis(500);
  private static final Duration PAUSE = Duration.ofSeconds(2);

  /** Called by one thread. */
  public interface Listener {
    /**
     * A saga's status has changed.
     *
     * @param status null once it has left
     */
    void changed(String choreography, String saga, @Nullable SagaStatus status);
  }

  private final Sources sources;
  private final Listener listener;
  private final Thread thread = new Thread(this::listen, "changes");
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile @Nullable KafkaConsumer<byte[], byte[]> following;

  private Changes(Sources sources, Listener listener) {
    this.sources = sources;
    this.listener = listener;
  }

  /** Begins with what is told from now on. */
  public static Changes listen(Sources sources, Listener listener) {
    Changes changes = new Changes(sources, listener);
    changes.thread.setDaemon(true);
    changes.thread.start();
    return changes;
  }

  private void listen() {
    while (!isClosing()) {
      try {
        Integer partitions =
            sources.partitions(List.of(TrackerTopology.STATUS)).get(TrackerTopology.STATUS);
        if (partitions != null) {
          follow(partitions);
        }
        pause(POLL);
      } catch (WakeupException e) {
        // It closes.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (RuntimeException e) {
        LOG.warn("event=changes outcome=waiting: {}", e.getMessage());
        pause(PAUSE);
      }
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  private void pause(Duration time) {
    try {
      var unused = closing.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closing.countDown();
    }
  }

  private void follow(int partitions) {
    Map<String, Object> settings = new HashMap<>(sources.properties());
    settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    try (AvroDeserializer deserializer = new AvroDeserializer();
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      deserializer.configure(sources.properties(), false);
      List<TopicPartition> all =
          IntStream.range(0, partitions)
              .mapToObj(partition -> new TopicPartition(TrackerTopology.STATUS, partition))
              .toList();
      consumer.assign(all);
      consumer.seekToEnd(all);
      following = consumer;
      while (!isClosing()) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
          tell(record, deserializer);
        }
      }
    } finally {
      following = null;
    }
  }

  private void tell(ConsumerRecord<byte[], byte[]> record, AvroDeserializer deserializer) {
    String key = new String(record.key(), UTF_8);
    int slash = key.indexOf('/');
    listener.changed(
        key.substring(0, slash),
        key.substring(slash + 1),
        (SagaStatus) deserializer.deserialize(record.topic(), record.value()));
  }

  @Override
  public void close() {
    closing.countDown();
    KafkaConsumer<byte[], byte[]> now = following;
    if (now != null) {
      now.wakeup();
    }
    try {
      thread.join(PAUSE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
