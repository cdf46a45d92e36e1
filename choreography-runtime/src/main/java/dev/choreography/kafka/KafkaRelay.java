// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Relay;
import dev.choreography.engine.Trouble;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Publishes with one idempotent producer, which several threads share. */
public final class KafkaRelay implements Relay, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaRelay.class);
  private static final int LONGEST_REASON = 1_000;
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);

  private final KafkaProducer<byte[], byte[]> producer;
  private final String deadLetterTopic;

  /** A relay that puts dead letters on {@code deadLetterTopic}. */
  public KafkaRelay(KafkaSettings settings, String deadLetterTopic) {
    this.producer = new KafkaProducer<>(settings.producer());
    this.deadLetterTopic = deadLetterTopic;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the callback is told the same
  public void publish(List<OutboxRow> rows, LongConsumer acknowledged) {
    for (OutboxRow row : rows) {
      try {
        producer.send(
            record(row.event()),
            (metadata, failure) -> {
              if (failure == null) {
                acknowledged.accept(row.id());
              } else {
                logFailure(row.event(), failure);
              }
            });
      } catch (KafkaException e) {
        // The rest would wait as long for the same answer; the sweeper has it all.
        logFailure(row.event(), e);
        return;
      }
    }
  }

  @Override
  public void flush() {
    producer.flush();
  }

  /**
   * Puts records aside and waits until the broker has them.
   *
   * @throws Trouble if it has not
   */
  void putAside(List<DeadLetter> letters) {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (DeadLetter letter : letters) {
      sent.add(producer.send(record(letter, true)));
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
          producer.send(record(letter, false)).get();
        }
      } catch (ExecutionException e) {
        throw new Trouble("putting dead letter %s aside".formatted(letter.record()), e);
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

  private ProducerRecord<byte[], byte[]> record(DeadLetter letter, boolean whole) {
    Incoming source = letter.record();
    ProducerRecord<byte[], byte[]> record =
        whole
            ? new ProducerRecord<>(deadLetterTopic, source.key(), source.value())
            : new ProducerRecord<>(deadLetterTopic, null);
    if (whole) {
      source.headers().forEach((name, value) -> record.headers().add(name, value));
    }
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

  private static void logFailure(OutboxEvent event, Exception failure) {
    LOG.warn(
        "saga={} event={} outcome=unpublished: it stays in the outbox and is tried again: {}",
        event.sagaId(),
        event.topic(),
        failure.toString());
  }

  /** Waits a while for what is under way; the rest stays in the outbox. */
  @Override
  public void close() {
    producer.close(CLOSE_TIMEOUT);
  }
}
