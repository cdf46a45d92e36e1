// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Refusal;
import dev.choreography.console.tracker.Sources;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;

/** A cluster for the tracker. */
record ClusterSources(Cluster cluster) implements Sources {

  @Override
  public Map<String, Object> properties() {
    return cluster.properties();
  }

  @Override
  public List<Declaration> declarations() throws InterruptedException {
    return cluster.declarationsIfAny();
  }

  @Override
  public Map<String, Integer> partitions(Collection<String> topics) throws InterruptedException {
    return cluster.partitions(topics);
  }

  @Override
  public @Nullable Duration kept(Collection<String> topics) throws InterruptedException {
    return cluster.kept(topics);
  }

  @Override
  public int largestRecord(Collection<String> topics, int most) throws InterruptedException {
    return cluster.largestRecord(topics, most);
  }

  @Override
  public void createCompacted(String topic, int partitions) throws InterruptedException {
    NewTopic wanted =
        new NewTopic(topic, Optional.of(partitions), Optional.empty())
            .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    try {
      cluster.admin().createTopics(List.of(wanted)).all().get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw new Refusal("creating topic %s: %s".formatted(topic, Console.sentence(e)));
      }
    }
  }

  @Override
  public @Nullable GenericRecord decode(ConsumerRecord<byte[], byte[]> record) {
    return cluster.event(record);
  }
}
