// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Intake;
import dev.choreography.engine.Trouble;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread with one consumer: polls, has the intake handle what came, and only then commits the
 * offsets. Between two polls nothing is under way, so a partition that is taken away loses nothing.
 */
public final class Worker implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
  private static final Duration POLL = Duration.ofMillis(500);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
  private static final long FIRST_PAUSE_MS = 100;
  private static final long LONGEST_PAUSE_MS = 5_000;
  private static final String JOINING = "has not joined its consumer group yet";
  private static final String CUT_OFF = "no connection to Kafka";

  /**
   * Polls without a connection, half a second each, until that is more than a change of brokers.
   */
  private static final int CUT_OFF_AFTER = 4;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Intake intake;
  private final KafkaRelay relay;
  private final Map<String, Integer> partitions;
  private final Clock clock;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final Metric connections;
  private int pollsCutOff;
  private long pause;
  private boolean underWay;
  private volatile @Nullable String trouble = JOINING;

  /**
   * A worker that hears all topics of {@code partitions}.
   *
   * @param partitions how many each topic has
   */
  public Worker(
      KafkaSettings settings,
      String group,
      boolean newGroupProtocol,
      Map<String, Integer> partitions,
      Intake intake,
      KafkaRelay relay,
      Clock clock) {
    this.consumer = new KafkaConsumer<>(settings.consumer(group, newGroupProtocol));
    this.connections =
        consumer.metrics().values().stream()
            .filter(
                metric ->
                    metric.metricName().name().equals("connection-count")
                        && metric.metricName().group().equals("consumer-metrics"))
            .findFirst()
            .orElseThrow();
    this.partitions = Map.copyOf(partitions);
    this.intake = intake;
    this.relay = relay;
    this.clock = clock;
  }

  /** What keeps it from working, or null. */
  public @Nullable String trouble() {
    return trouble;
  }

  /** How many records it is behind, the most of any of its partitions; NaN if it read none. */
  public double lag() {
    return consumer.metrics().values().stream()
        .filter(metric -> metric.metricName().name().equals("records-lag-max"))
        .map(Metric::metricValue)
        .filter(Double.class::isInstance)
        .mapToDouble(Double.class::cast)
        .filter(lag -> !Double.isNaN(lag))
        .max()
        .orElse(Double.NaN);
  }

  /** Asks it to end after the batch that is under way. */
  public void stop() {
    stopping.countDown();
    consumer.wakeup();
  }

  @Override
  public void run() {
    try (consumer) {
      consumer.subscribe(partitions.keySet(), new Handover());
      while (stopping.getCount() > 0) {
        work();
      }
      commitReached();
      consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
      trouble = "stopped";
    } catch (WakeupException e) {
      trouble = "stopped";
    } catch (RuntimeException | Error e) {
      trouble = "stopped by an error: " + e;
      LOG.error("the worker stops; its partitions go to other instances", e);
      throw e;
    }
  }

  private void work() {
    ConsumerRecords<byte[], byte[]> records = ConsumerRecords.empty();
    try {
      records = consumer.poll(POLL);
      if (!records.isEmpty()) {
        underWay = true;
        List<DeadLetter> deadLetters = intake.handle(incoming(records));
        if (!deadLetters.isEmpty()) {
          relay.putAside(deadLetters, records);
        }
        underWay = false;
        consumer.commitAsync();
      }
      if (isCutOff(records)) {
        cutOff();
      } else {
        recovered();
      }
    } catch (WakeupException e) {
      // stop() was called: the loop ends.
      rewind(records);
    } catch (Trouble | RetriableException | AuthorizationException | AuthenticationException e) {
      rewind(records);
      pause(e);
    }
  }

  /** A poll says nothing of a broker that is away: it returns no records. */
  private boolean isCutOff(ConsumerRecords<byte[], byte[]> records) {
    boolean connected =
        !records.isEmpty() || !(connections.metricValue() instanceof Double count) || count > 0;
    pollsCutOff = connected ? 0 : pollsCutOff + 1;
    return pollsCutOff >= CUT_OFF_AFTER;
  }

  private void cutOff() {
    if (!CUT_OFF.equals(trouble)) {
      LOG.warn("outcome=waiting: {}, connecting again and again", CUT_OFF);
      trouble = CUT_OFF;
    }
  }

  private void recovered() {
    if (pause > 0 || CUT_OFF.equals(trouble)) {
      LOG.info("works again");
      pause = 0;
    }
    // Generations begin at 1. A member may be left without partitions, and is then a spare.
    trouble = consumer.groupMetadata().generationId() > 0 ? null : JOINING;
  }

  /** Nothing of the poll counts as read. */
  private void rewind(ConsumerRecords<byte[], byte[]> records) {
    Set<TopicPartition> assigned = consumer.assignment();
    for (TopicPartition partition : records.partitions()) {
      if (assigned.contains(partition)) {
        consumer.seek(partition, records.records(partition).get(0).offset());
      }
    }
    underWay = false;
  }

  /** Waits before the next try, longer each time; stop() ends the wait. */
  private void pause(RuntimeException e) {
    pause = pause == 0 ? FIRST_PAUSE_MS : Math.min(2 * pause, LONGEST_PAUSE_MS);
    trouble = e.getMessage();
    LOG.warn("outcome=waiting: trying again in {} ms: {}", pause, e.getMessage());
    await(pause);
  }

  private void await(long milliseconds) {
    try {
      if (stopping.await(milliseconds, TimeUnit.MILLISECONDS)) {
        LOG.debug("stopping while waiting");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      stopping.countDown();
    }
  }

  private List<Incoming> incoming(ConsumerRecords<byte[], byte[]> records) {
    Instant received = clock.instant();
    List<Incoming> incoming = new ArrayList<>(records.count());
    for (ConsumerRecord<byte[], byte[]> record : records) {
      Header[] headers = record.headers().toArray();
      incoming.add(
          new Incoming(
              record.topic(),
              record.partition(),
              record.offset(),
              Instant.ofEpochMilli(record.timestamp()),
              received,
              record.key(),
              record.value(),
              name -> header(headers, name),
              isMisplaced(record)));
    }
    return incoming;
  }

  /** Some are asked for, once or twice: a map of all would cost more than it saves. */
  private static byte @Nullable [] header(Header[] headers, String name) {
    for (int i = headers.length - 1; i >= 0; i--) {
      if (headers[i].key().equals(name) && headers[i].value() != null) {
        return headers[i].value();
      }
    }
    return null;
  }

  private boolean isMisplaced(ConsumerRecord<byte[], byte[]> record) {
    Integer count = partitions.get(record.topic());
    return record.key() != null
        && count != null
        && Utils.toPositive(Utils.murmur2(record.key())) % count != record.partition();
  }

  private void commitReached() {
    try {
      try {
        consumer.commitSync();
      } catch (WakeupException e) {
        // stop() came between two polls; it is heard once.
        consumer.commitSync();
      }
    } catch (KafkaException e) {
      LOG.info("offsets were not committed, the records are read again: {}", e.toString());
    }
  }

  private final class Handover implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
      // A worker that ends by an error closes its consumer in the midst of a batch.
      if (!revoked.isEmpty() && !underWay) {
        commitReached();
      }
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
      LOG.info("partitions assigned: {}", assigned);
    }
  }
}
