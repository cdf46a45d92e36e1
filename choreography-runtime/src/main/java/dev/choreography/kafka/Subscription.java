// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import java.util.Set;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * The topics that a participant hears, and how.
 *
 * @param settings the participant's
 * @param group the consumer group, named after the participant
 * @param newGroupProtocol whether the brokers speak the newer group protocol, KIP-848
 * @param topics the topics
 */
public record Subscription(
    KafkaSettings settings, String group, boolean newGroupProtocol, Set<String> topics) {

  /** The subscription of one of several workers: each is a member of its own. */
  public Subscription ofWorker(int worker, int workers) {
    return new Subscription(settings.ofWorker(worker, workers), group, newGroupProtocol, topics);
  }

  KafkaConsumer<byte[], byte[]> newConsumer() {
    return new KafkaConsumer<>(settings.consumer(group, newGroupProtocol));
  }
}
