// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** What topics must be set to, and must not, so that they keep what is on them. */
final class TopicSettings {

  private static final Duration DAY = Duration.ofDays(1);

  private TopicSettings() {}

  /**
   * Topics of events, and control topics.
   *
   * @param choreography whose they are
   * @param deadline how long a saga of it may take
   * @param problems receives a sentence for each that may lose an event of a saga under way
   */
  static void checkEvents(
      Admin admin,
      String choreography,
      Duration deadline,
      Set<String> topics,
      Collection<String> problems)
      throws InterruptedException, ExecutionException {
    configs(admin, topics)
        .forEach(
            (resource, config) -> {
              String topic = resource.name();
              long retention = number(config, TopicConfig.RETENTION_MS_CONFIG);
              if (retention >= 0 && retention < deadline.toMillis()) {
                problems.add(
                    "topic %s forgets after %s, a saga of %s may take %s; raise %s"
                        .formatted(
                            topic,
                            Duration.ofMillis(retention),
                            choreography,
                            deadline,
                            TopicConfig.RETENTION_MS_CONFIG));
              }
              long bytes = number(config, TopicConfig.RETENTION_BYTES_CONFIG);
              if (bytes >= 0) {
                problems.add(
                    "topic %s forgets events as soon as a partition has %s bytes, however young they are; set %s to -1, so that %s alone decides"
                        .formatted(
                            topic,
                            bytes,
                            TopicConfig.RETENTION_BYTES_CONFIG,
                            TopicConfig.RETENTION_MS_CONFIG));
              }
              if (isCompacted(config)) {
                problems.add(
                    "topic %s is compacted, so of the events with one key, which is a saga's id, it keeps the last alone; set %s to %s"
                        .formatted(
                            topic,
                            TopicConfig.CLEANUP_POLICY_CONFIG,
                            TopicConfig.CLEANUP_POLICY_DELETE));
              }
            });
  }

  /** Topics of dead letters. */
  static void checkDeadLetters(Admin admin, Set<String> topics, Collection<String> problems)
      throws InterruptedException, ExecutionException {
    configs(admin, topics)
        .forEach(
            (resource, config) -> {
              if (isCompacted(config)) {
                problems.add(
                    "topic %s is compacted, so it takes no dead letter without a key and keeps the last of each key alone; set %s to %s"
                        .formatted(
                            resource.name(),
                            TopicConfig.CLEANUP_POLICY_CONFIG,
                            TopicConfig.CLEANUP_POLICY_DELETE));
              }
            });
  }

  /** The topic of declarations, which are published once and read for ever. */
  static void checkDeclarations(Admin admin, String topic, Collection<String> problems)
      throws InterruptedException, ExecutionException {
    configs(admin, Set.of(topic))
        .forEach(
            (resource, config) -> {
              if (!isCompacted(config)
                  || (policy(config).contains(TopicConfig.CLEANUP_POLICY_DELETE)
                      && (number(config, TopicConfig.RETENTION_MS_CONFIG) >= 0
                          || number(config, TopicConfig.RETENTION_BYTES_CONFIG) >= 0))) {
                problems.add(
                    "topic %s has %s=%s, so it may forget what was declared; set it to %s"
                        .formatted(
                            topic,
                            TopicConfig.CLEANUP_POLICY_CONFIG,
                            policy(config),
                            TopicConfig.CLEANUP_POLICY_COMPACT));
              }
            });
  }

  /** Whether the broker dates the records of a topic, and not their producers. */
  static boolean isDatedByBroker(Admin admin, String topic)
      throws InterruptedException, ExecutionException {
    return configs(admin, Set.of(topic)).values().stream()
        .map(config -> config.get(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG))
        .anyMatch(type -> type != null && TimestampType.LOG_APPEND_TIME.name.equals(type.value()));
  }

  /** As {@link Topics#longestKept}. */
  static @Nullable Duration longestKept(Admin admin, Collection<String> topics)
      throws InterruptedException, ExecutionException {
    Duration longest = Duration.ZERO;
    for (Config config : configs(admin, topics).values()) {
      long retention = number(config, TopicConfig.RETENTION_MS_CONFIG);
      if (retention < 0) {
        return null;
      }
      Duration kept =
          DAY.plusMillis(retention).plusMillis(number(config, TopicConfig.SEGMENT_MS_CONFIG));
      longest = kept.compareTo(longest) > 0 ? kept : longest;
    }
    return longest;
  }

  /** The largest record batch that each topic takes, in bytes. */
  static Map<String, Integer> largestMessages(Admin admin, Collection<String> topics)
      throws InterruptedException, ExecutionException {
    Map<String, Integer> found = new TreeMap<>();
    configs(admin, topics)
        .forEach(
            (resource, config) -> {
              long bytes = number(config, TopicConfig.MAX_MESSAGE_BYTES_CONFIG);
              if (bytes >= 0) {
                found.put(resource.name(), (int) Math.min(bytes, Integer.MAX_VALUE));
              }
            });
    return found;
  }

  private static Map<ConfigResource, Config> configs(Admin admin, Collection<String> topics)
      throws InterruptedException, ExecutionException {
    List<ConfigResource> resources =
        topics.stream().map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name)).toList();
    return admin.describeConfigs(resources).all().get();
  }

  private static boolean isCompacted(Config config) {
    return policy(config).contains(TopicConfig.CLEANUP_POLICY_COMPACT);
  }

  /** Of {@code delete} and {@code compact} one, or both with a comma. */
  private static String policy(Config config) {
    ConfigEntry entry = config.get(TopicConfig.CLEANUP_POLICY_CONFIG);
    return entry == null || entry.value() == null ? "" : entry.value();
  }

  /** A setting, -1 where there is none. */
  private static long number(Config config, String name) {
    ConfigEntry entry = config.get(name);
    return entry == null ? -1 : Long.parseLong(entry.value());
  }
}
