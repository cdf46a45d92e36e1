// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Relay;
import dev.choreography.engine.Trouble;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.BufferExhaustedException;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Publishes with one idempotent producer, which several threads share. A topic that cannot be
 * reached is left alone for a while, and so is a partition that acknowledges nothing: finding that
 * out takes seconds, which what is for others would wait, and what the producer keeps for them
 * takes the room of others. The outbox has what is left alone.
 */
public final class KafkaRelay implements Relay, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaRelay.class);
  private static final int LONGEST_REASON = 1_000;
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration LEFT_ALONE = Duration.ofSeconds(20);

  /** A failure that has not come again for so long is over: another instance may have published. */
  private static final Duration TOLD = Duration.ofMinutes(1);

  /** A partition that acknowledges nothing for so long gets nothing more until that has ended. */
  private static final Duration STALLED = Duration.ofSeconds(5);

  private static final int TOLD_AT_ONCE = 10;

  private final KafkaProducer<byte[], byte[]> producer;
  private final PartitionProgress progress = new PartitionProgress(System::nanoTime, STALLED);
  private final String deadLetterTopic;
  private final Runnable onTooLarge;
  private final Map<String, Failure> failures = new ConcurrentHashMap<>();

  /**
   * The last failure of a topic.
   *
   * @param ofTopic whether nothing can be published to it, whatever it is
   */
  private record Failure(String message, boolean ofTopic, long nanos) {
    boolean isYoungerThan(Duration age) {
      return System.nanoTime() - nanos < age.toNanos();
    }
  }

  /** A relay that puts dead letters on {@code deadLetterTopic}. */
  public KafkaRelay(KafkaSettings settings, String deadLetterTopic) {
    this(settings, deadLetterTopic, () -> {});
  }

  /**
   * A relay that puts dead letters on {@code deadLetterTopic}.
   *
   * @param onTooLarge told when the broker finds an event too large, on another thread
   */
  public KafkaRelay(KafkaSettings settings, String deadLetterTopic, Runnable onTooLarge) {
    this.producer = new KafkaProducer<>(settings.producer());
    this.deadLetterTopic = deadLetterTopic;
    this.onTooLarge = onTooLarge;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the callback is told the same
  public void publish(List<OutboxRow> rows, Consumer<OutboxId> acknowledged) {
    Map<String, Integer> partitions = new HashMap<>();
    Set<String> refused = new HashSet<>();
    for (OutboxRow row : rows) {
      String topic = row.event().topic();
      if (refused.contains(topic) || isLeftAlone(failures.get(topic))) {
        continue;
      }
      Receipt receipt = new Receipt(row, acknowledged);
      try {
        int count = partitions.computeIfAbsent(topic, t -> producer.partitionsFor(t).size());
        if (receipt.beginUnlessStalled(count)) {
          producer.send(record(row.event()), receipt);
        }
      } catch (KafkaException e) {
        receipt.onCompletion(null, e);
        refused.add(topic);
      }
      if (receipt.failure instanceof InterruptException
          || receipt.failure instanceof BufferExhaustedException) {
        // Whatever the topic, the rest would meet the same.
        return;
      }
    }
  }

  @Override
  public Set<String> unreachable() {
    return failures.entrySet().stream()
        .filter(failure -> isLeftAlone(failure.getValue()))
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  private static boolean isLeftAlone(@Nullable Failure failure) {
    return failure != null && failure.ofTopic() && failure.isYoungerThan(LEFT_ALONE);
  }

  /** What keeps events from being published, or null. */
  public @Nullable String trouble() {
    failures.values().removeIf(failure -> !failure.isYoungerThan(TOLD));
    return failures.isEmpty()
        ? null
        : failures.entrySet().stream()
            .map(
                failure ->
                    "publishing to %s: %s"
                        .formatted(failure.getKey(), failure.getValue().message()))
            .sorted()
            .limit(TOLD_AT_ONCE)
            .collect(
                Collectors.joining("; ", "", failures.size() > TOLD_AT_ONCE ? "; and others" : ""));
  }

  @Override
  public void flush() {
    try {
      progress.await();
    } catch (InterruptedException e) {
      // What is not acknowledged yet stays in the outbox.
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Puts records aside and waits until the broker has them.
   *
   * @param polled where their headers are, as they came
   * @throws Trouble if it has not
   */
  void putAside(List<DeadLetter> letters, ConsumerRecords<byte[], byte[]> polled) {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (DeadLetter letter : letters) {
      sent.add(producer.send(whole(letter, polled)));
    }
    for (int i = 0; i < sent.size(); i++) {
      DeadLetter letter = letters.get(i);
      LOG.warn("event={} outcome=dead_letter reason=\"{}\"", letter.record(), letter.reason());
      try {
        try {
          sent.get(i).get();
        } catch (ExecutionException e) {
          if (!(e.getCause() instanceof RecordTooLargeException)) {
            throw e;
          }
          producer.send(withReason(letter, new ProducerRecord<>(deadLetterTopic, null))).get();
        }
      } catch (ExecutionException e) {
        throw new Trouble(
            "putting dead letter %s aside on topic %s: %s"
                .formatted(
                    letter.record(),
                    deadLetterTopic,
                    TimestampRefusal.told(e.getCause() == null ? e : e.getCause())),
            e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Trouble("putting dead letter %s aside".formatted(letter.record()), e);
      }
    }
  }

  private ProducerRecord<byte[], byte[]> record(OutboxEvent event) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(event.topic(), bytes(event.sagaId()), event.value());
    event.headers().forEach((name, value) -> record.headers().add(name, bytes(value)));
    return record;
  }

  private ProducerRecord<byte[], byte[]> whole(
      DeadLetter letter, ConsumerRecords<byte[], byte[]> polled) {
    Incoming source = letter.record();
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(deadLetterTopic, source.key(), source.value());
    for (ConsumerRecord<byte[], byte[]> original :
        polled.records(new TopicPartition(source.topic(), source.partition()))) {
      if (original.offset() == source.offset()) {
        original.headers().forEach(record.headers()::add);
      }
    }
    return withReason(letter, record);
  }

  private static ProducerRecord<byte[], byte[]> withReason(
      DeadLetter letter, ProducerRecord<byte[], byte[]> record) {
    Incoming source = letter.record();
    record
        .headers()
        .add(DeadLetterHeaders.REASON, bytes(shortened(letter.reason())))
        .add(DeadLetterHeaders.TOPIC, bytes(source.topic()))
        .add(DeadLetterHeaders.PARTITION, bytes(String.valueOf(source.partition())))
        .add(DeadLetterHeaders.OFFSET, bytes(String.valueOf(source.offset())))
        .add(DeadLetterHeaders.TIMESTAMP, bytes(source.timestamp().toString()));
    return record;
  }

  /** Reasons quote what they found, which may be as long as a record. */
  static String shortened(String reason) {
    return reason.length() <= LONGEST_REASON ? reason : reason.substring(0, LONGEST_REASON) + "...";
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Waits a while for what is under way; the rest stays in the outbox. */
  @Override
  public void close() {
    producer.close(CLOSE_TIMEOUT);
  }

  /** What becomes of one event. */
  private final class Receipt implements Callback {
    private final OutboxRow row;
    private final Consumer<OutboxId> acknowledged;
    private final Thread sender = Thread.currentThread();
    private @Nullable TopicPartition partition;
    private volatile @Nullable Exception failure;

    Receipt(OutboxRow row, Consumer<OutboxId> acknowledged) {
      this.row = row;
      this.acknowledged = acknowledged;
    }

    /** Returns whether the record is to be sent, to the partition of its key. */
    boolean beginUnlessStalled(int partitions) {
      int number = Utils.toPositive(Utils.murmur2(bytes(row.event().sagaId()))) % partitions;
      TopicPartition to = new TopicPartition(row.event().topic(), number);
      if (progress.isStalled(to)) {
        return false;
      }
      progress.begin(to);
      partition = to;
      return true;
    }

    @Override
    public void onCompletion(@Nullable RecordMetadata metadata, @Nullable Exception failure) {
      this.failure = failure;
      OutboxEvent event = row.event();
      if (failure == null) {
        if (!failures.isEmpty()) {
          failures.remove(event.topic());
          failures.remove(saga());
        }
        acknowledged.accept(row.id());
        end(true);
        return;
      }
      end(false);
      if (failure instanceof RecordTooLargeException) {
        onTooLarge.run();
      }
      boolean known =
          failures.put(
                  place(failure),
                  new Failure(
                      TimestampRefusal.told(failure), isOfTopic(failure), System.nanoTime()))
              != null;
      LOG.atLevel(known ? Level.DEBUG : Level.WARN)
          .log(
              "saga={} event={} outcome=unpublished: it stays in the outbox and is tried again: {}",
              event.sagaId(),
              event.topic(),
              TimestampRefusal.told(failure));
    }

    private void end(boolean succeeded) {
      if (partition != null) {
        progress.end(partition, succeeded);
      }
    }

    /** Others of its topic may well be published while this one is refused. */
    private String place(Exception failure) {
      return failure instanceof RecordTooLargeException ? saga() : row.event().topic();
    }

    private String saga() {
      return row.event().topic() + " of saga " + row.event().sagaId();
    }

    /** Where the sending thread itself is told, nobody was found to lead the topic. */
    private boolean isOfTopic(Exception failure) {
      return failure instanceof TopicAuthorizationException
          || failure instanceof UnknownTopicOrPartitionException
          || (failure instanceof ApiException
              && !(failure instanceof RecordTooLargeException)
              && !(failure instanceof BufferExhaustedException)
              && Thread.currentThread() == sender);
    }
  }
}
