// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import java.time.Instant;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;

/**
 * The time of a broker. Kafka has no request for it; but a broker dates what is published to a
 * topic with {@code message.timestamp.type=LogAppendTime} itself, and tells the producer. So a
 * record without a value goes to {@link Topics#CHOREOGRAPHIES}, which compaction removes again.
 */
public final class BrokerClock {

  private static final String PREFIX = "clock/";

  private final KafkaSettings settings;
  private final String participant;

  /** The clock of the broker that leads the topic of the declarations. */
  public BrokerClock(KafkaSettings settings, String participant) {
    this.settings = settings;
    this.participant = participant;
  }

  /**
   * The broker's time.
   *
   * @throws ExecutionException if it does not answer
   */
  public Instant instant() throws InterruptedException, ExecutionException {
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings.producer())) {
      // No longer than the producer's delivery.timeout.ms, and max.block.ms before that.
      return Instant.ofEpochMilli(
          producer.send(ChoreographiesTopic.record(PREFIX + participant, null)).get().timestamp());
    }
  }
}
