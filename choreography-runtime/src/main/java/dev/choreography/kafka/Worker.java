// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.engine.Handled;
import dev.choreography.engine.Intake;
import dev.choreography.engine.Journal;
import dev.choreography.engine.Position;
import dev.choreography.engine.Progress;
import dev.choreography.engine.SetBackException;
import dev.choreography.engine.Trouble;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One thread with one consumer: polls, has the intake handle the records with the positions that
 * they lead to, and only then commits the offsets. Between two polls nothing is under way, so a
 * partition that is taken away loses nothing. A consumer that fails is replaced by a new one, since
 * a group forgets members that stood still for long.
 */
public final class Worker implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
  private static final Duration POLL = Duration.ofMillis(500);

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration GIVE_UP_TIMEOUT = Duration.ofSeconds(1);
  private static final long FIRST_PAUSE_MS = 100;
  private static final long LONGEST_PAUSE_MS = 5_000;
  private static final String JOINING = "has not joined its consumer group yet";
  private static final String CUT_OFF = "no connection to Kafka";
  private static final Handled NOTHING = new Handled(List.of(), List.of(), List.of());

  /** Positions that no batch has written are written alone after so long. */
  private static final Duration OWED = Duration.ofSeconds(1);

  /**
   * Polls without a connection, half a second each, until that is more than a change of brokers.
   */
  private static final int CUT_OFF_AFTER = 4;

  private final Subscription subscription;
  private final Intake intake;
  private final Journal journal;
  private final KafkaRelay relay;
  private final ObservedTopics topics;
  private final Clock clock;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final Map<TopicPartition, String> warnings = new ConcurrentHashMap<>();
  private volatile KafkaConsumer<byte[], byte[]> consumer;
  private Metric connections;
  private Positions positions;
  private long nothingOwedAt = System.nanoTime();
  private int pollsCutOff;
  private long pause;
  private boolean underWay;
  private boolean commitFails;
  private volatile @Nullable String trouble = JOINING;

  /**
   * A worker that hears the topics of a subscription.
   *
   * @param topics of the participant, shared by its workers
   */
  public Worker(
      Subscription subscription,
      Intake intake,
      Journal journal,
      KafkaRelay relay,
      ObservedTopics topics,
      Clock clock) {
    this.subscription = subscription;
    this.intake = intake;
    this.journal = journal;
    this.relay = relay;
    this.topics = topics;
    this.clock = clock;
    this.consumer = subscription.newConsumer();
    this.connections = connections(consumer);
    this.positions = new Positions(consumer, journal, topics, warnings);
  }

  /** What keeps it from working, or null. */
  public @Nullable String trouble() {
    return trouble;
  }

  /** Returns what an operator should know although it works, one sentence each. */
  public Collection<String> warnings() {
    return warnings.values();
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
    try {
      while (stopping.getCount() > 0) {
        try {
          read();
        } catch (WakeupException e) {
          LOG.debug("stopping while Kafka was asked");
        } catch (KafkaException e) {
          if (!mayBeCured(e)) {
            throw e;
          }
          renew(e);
        }
      }
      trouble = "stopped";
      consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT));
    } catch (RuntimeException | Error e) {
      trouble = "stopped by an error: " + e;
      LOG.error("the worker stops; its partitions go to other instances", e);
      giveUpConsumer();
      throw e;
    }
  }

  private void read() {
    consumer.subscribe(subscription.topics(), new Handover());
    while (stopping.getCount() > 0) {
      work();
    }
    leave();
  }

  /**
   * Returns whether a new consumer may succeed where this one failed: as a rule, since the group
   * has forgotten it, or divided the partitions anew without it. None succeeds against another
   * instance that has its static id, an unfit broker or unfit settings.
   */
  private static boolean mayBeCured(KafkaException e) {
    return !(e instanceof FencedInstanceIdException
        || e instanceof UnsupportedVersionException
        || e instanceof ConfigException
        || e instanceof InterruptException);
  }

  private void renew(KafkaException e) {
    LOG.warn("outcome=renewed: the consumer failed and a new one takes its place", e);
    giveUpConsumer();
    pause(e);
    while (stopping.getCount() > 0) {
      try {
        KafkaConsumer<byte[], byte[]> renewed = subscription.newConsumer();
        connections = connections(renewed);
        positions = new Positions(renewed, journal, topics, warnings);
        underWay = false;
        consumer = renewed;
        return;
      } catch (KafkaException again) {
        // The names of the brokers cannot be resolved, as a rule.
        pause(again);
      }
    }
  }

  /** Closes the consumer without commits. */
  private void giveUpConsumer() {
    underWay = true;
    try {
      consumer.close(CloseOptions.timeout(GIVE_UP_TIMEOUT));
    } catch (KafkaException e) {
      LOG.debug("the consumer that failed was not closed well", e);
    }
  }

  private static Metric connections(KafkaConsumer<?, ?> of) {
    return of.metrics().values().stream()
        .filter(
            metric ->
                metric.metricName().name().equals("connection-count")
                    && metric.metricName().group().equals("consumer-metrics"))
        .findFirst()
        .orElseThrow();
  }

  private void work() {
    ConsumerRecords<byte[], byte[]> records = ConsumerRecords.empty();
    try {
      RuntimeException unplaced = place();
      records = consumer.poll(POLL);
      Progress progress = positions.progress(records);
      if (records.isEmpty()) {
        positions.handled(records, NOTHING);
      } else {
        underWay = true;
        Handled handled =
            intake.handle(IncomingRecords.of(records, clock.instant(), topics), progress);
        if (!handled.deadLetters().isEmpty()) {
          relay.putAside(handled.deadLetters(), records);
        }
        positions.handled(records, handled);
        underWay = false;
      }
      writeOwed(false);
      commit();
      if (unplaced != null) {
        pause(unplaced);
      } else if (isCutOff(records)) {
        cutOff();
      } else {
        recovered();
      }
    } catch (WakeupException e) {
      // stop() was called: the loop ends.
      rewind(records);
    } catch (InvalidOffsetException e) {
      positions.refused(e);
    } catch (SetBackException e) {
      LOG.warn("outcome=set_back: the records are read again: {}", e.getMessage());
      underWay = false;
      positions.forgetAll();
    } catch (Trouble | RetriableException | AuthorizationException | AuthenticationException e) {
      rewind(records);
      pause(e);
    }
  }

  /** Returns what keeps partitions from being read, or null; others go on. */
  private @Nullable RuntimeException place() {
    try {
      positions.place();
      return null;
    } catch (Trouble | RetriableException | AuthorizationException | AuthenticationException e) {
      return e;
    }
  }

  private void writeOwed(boolean now) {
    List<Position> owed = positions.owed();
    if (owed.isEmpty()) {
      nothingOwedAt = System.nanoTime();
    } else if (now || System.nanoTime() - nothingOwedAt > OWED.toNanos()) {
      intake.advance(owed);
      positions.written(owed);
    }
  }

  private void commit() {
    Map<TopicPartition, OffsetAndMetadata> offsets = positions.uncommitted();
    if (offsets.isEmpty()) {
      return;
    }
    consumer.commitAsync(
        offsets,
        (tried, failure) -> {
          if (failure != null) {
            LOG.atLevel(commitFails ? Level.DEBUG : Level.WARN)
                .log(
                    "outcome=waiting: the group's offsets, which are for monitoring, are committed with a later batch: {}",
                    failure.toString());
            positions.notCommitted(tried.keySet());
          }
          commitFails = failure != null;
        });
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
    trouble = consumer.groupMetadata().generationId() > 0 ? positions.trouble() : JOINING;
  }

  /** Nothing of the poll counts as read. */
  private void rewind(ConsumerRecords<byte[], byte[]> records) {
    positions.rewind(records);
    underWay = false;
  }

  /** Waits before the next try, longer each time; stop() ends the wait. */
  private void pause(RuntimeException e) {
    pause = pause == 0 ? FIRST_PAUSE_MS : Math.min(2 * pause, LONGEST_PAUSE_MS);
    trouble = e.getMessage();
    LOG.warn("outcome=waiting: trying again in {} ms: {}", pause, e.getMessage());
    try {
      if (stopping.await(pause, TimeUnit.MILLISECONDS)) {
        LOG.debug("stopping while waiting");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      stopping.countDown();
    }
  }

  /** Writes and commits what was handled, before somebody else goes on with it. */
  private void leave() {
    try {
      writeOwed(true);
    } catch (Trouble | SetBackException e) {
      LOG.info("positions were not written, the records are read again: {}", e.getMessage());
    }
    Map<TopicPartition, OffsetAndMetadata> offsets = positions.uncommitted();
    try {
      try {
        consumer.commitSync(offsets, CLOSE_TIMEOUT);
      } catch (WakeupException e) {
        // stop() came between two polls; it is heard once.
        consumer.commitSync(offsets, CLOSE_TIMEOUT);
      }
    } catch (KafkaException e) {
      LOG.info("the group's offsets were not committed: {}", e.toString());
    }
  }

  private final class Handover implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
      // A worker that ends by an error closes its consumer in the midst of a batch.
      if (!revoked.isEmpty() && !underWay) {
        leave();
      }
      positions.removed(revoked);
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> lost) {
      LOG.warn("outcome=lost: another instance has the partitions by now: {}", lost);
      positions.removed(lost);
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
      LOG.info("partitions assigned: {}", assigned);
      positions.assigned(assigned);
    }
  }
}
