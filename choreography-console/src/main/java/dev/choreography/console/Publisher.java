// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.Refusal;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Publishes records one by one, each on its key's partition unless it names one. */
final class Publisher implements AutoCloseable {

  /** Whether a record is too large is for the broker to say. */
  private static final int LARGEST_REQUEST = 64 * 1024 * 1024;

  private final KafkaProducer<byte[], byte[]> producer;

  /** A publisher that has published nothing yet. */
  Publisher(Cluster cluster) {
    Map<String, Object> settings = cluster.properties();
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LARGEST_REQUEST);
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) LARGEST_REQUEST);
    settings.remove(ProducerConfig.PARTITIONER_CLASS_CONFIG);
    settings.put(ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG, false);
    settings.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
    try {
      producer =
          new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    } catch (KafkaException e) {
      throw new Refusal("nothing can be published: " + Console.sentence(e));
    }
  }

  /**
   * Returns when Kafka has it.
   *
   * @param otherwise what to say if it has not
   */
  static RecordMetadata publish(
      Cluster cluster, ProducerRecord<byte[], byte[]> record, String otherwise)
      throws InterruptedException {
    try (Publisher publisher = new Publisher(cluster)) {
      return publisher.publish(record, otherwise);
    }
  }

  /**
   * Returns when Kafka has it.
   *
   * @param otherwise what to say if it has not
   */
  RecordMetadata publish(ProducerRecord<byte[], byte[]> record, String otherwise)
      throws InterruptedException {
    try {
      return producer.send(record).get();
    } catch (ExecutionException | KafkaException e) {
      throw new Refusal(otherwise + ": " + Console.sentence(e));
    }
  }

  @Override
  public void close() {
    producer.close();
  }
}
