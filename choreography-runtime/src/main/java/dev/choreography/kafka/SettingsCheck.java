// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.avro.AvroDeserializer;
import dev.choreography.avro.AvroSerializer;
import dev.choreography.avro.RegistrySettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The author's settings that the framework does not leave to Kafka's clients: each says what it has
 * to say anyway, or is refused with the reason. None is overridden silently.
 */
public final class SettingsCheck {

  /** One setting, the values that it may have, and why it may have no other. */
  private record Rule(String name, Set<String> allowed, String reason) {
    static Rule only(String name, String allowed, String reason) {
      return new Rule(name, Set.of(allowed), reason);
    }

    static Rule never(String name, String reason) {
      return new Rule(name, Set.of(), reason);
    }
  }

  private static final String IN_THE_DATABASE =
      "offsets are committed after the database has what was read";
  private static final String ALL_KEPT = "an event that is acknowledged leaves the outbox";
  private static final String BY_KEY = "all events of a saga lie on its key's partition";
  private static final String KEYS = "the key is the saga's id in UTF-8";

  private static final List<Rule> RULES =
      List.of(
          new Rule(ProducerConfig.ACKS_CONFIG, Set.of("all", "-1"), ALL_KEPT),
          Rule.only(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true", ALL_KEPT),
          Rule.never(
              ProducerConfig.TRANSACTIONAL_ID_CONFIG,
              "events are published once their database transaction has committed, not in one of Kafka's"),
          Rule.never(ProducerConfig.PARTITIONER_CLASS_CONFIG, BY_KEY),
          Rule.only(ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG, "false", BY_KEY),
          new Rule(
              ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
              Set.of(ByteArraySerializer.class.getName(), StringSerializer.class.getName()),
              KEYS),
          new Rule(
              ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
              Set.of(ByteArrayDeserializer.class.getName(), StringDeserializer.class.getName()),
              KEYS),
          Rule.only(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false", IN_THE_DATABASE),
          Rule.only(
              ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
              "earliest",
              "events that came before the participant first ran are its own, too"),
          Rule.only(
              ConsumerConfig.ISOLATION_LEVEL_CONFIG,
              "read_committed",
              "a start that its client's transaction took back begins no saga"),
          Rule.only(
              ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
              "false",
              "topics are created with the partitions of their siblings, see Topics.create"),
          Rule.only(
              ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG,
              "range",
              "it keeps a saga's events of all topics with one instance"),
          Rule.only(
              ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
              RangeAssignor.class.getName(),
              "it keeps a saga's events of all topics with one instance"));

  /** The settings that clients refuse with the newer group protocol, where brokers have them. */
  private static final Map<String, String> OF_CLASSIC =
      Map.of(
          ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
          "group.consumer.session.timeout.ms",
          ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
          "group.consumer.heartbeat.interval.ms");

  private SettingsCheck() {}

  /**
   * Returns a sentence for each setting that cannot be honoured.
   *
   * @param participant whose group the workers form
   */
  public static List<String> problems(KafkaSettings settings, String participant) {
    List<String> problems = new ArrayList<>();
    RULES.forEach(rule -> check(settings, rule, problems));
    check(
        settings,
        Rule.only(
            ConsumerConfig.GROUP_ID_CONFIG,
            participant,
            "the group is named after the participant"),
        problems);
    checkGroupProtocol(settings, problems);
    if (isOwnSerde(settings)) {
      problems.addAll(RegistrySettings.problems(settings.given()));
    }
    if (problems.isEmpty()) {
      checkClients(settings, participant, problems);
    }
    return problems.stream().map(settings::hidden).toList();
  }

  /** The names of all settings that are looked at; the documentation has each. */
  static Set<String> names() {
    Set<String> names = new TreeSet<>(OF_CLASSIC.keySet());
    names.addAll(OF_CLASSIC.values());
    names.add(ConsumerConfig.GROUP_ID_CONFIG);
    names.add(ConsumerConfig.GROUP_PROTOCOL_CONFIG);
    RULES.forEach(rule -> names.add(rule.name()));
    return names;
  }

  private static void check(KafkaSettings settings, Rule rule, List<String> problems) {
    String value = settings.text(rule.name());
    if (value != null && rule.allowed().stream().noneMatch(value::equalsIgnoreCase)) {
      problems.add(
          "%s is %s: %s; %s"
              .formatted(
                  rule.name(),
                  value,
                  rule.reason(),
                  rule.allowed().isEmpty()
                      ? "leave it out"
                      : "leave it out, or say " + String.join(" or ", rule.allowed())));
    }
  }

  private static void checkGroupProtocol(KafkaSettings settings, List<String> problems) {
    String protocol = settings.text(ConsumerConfig.GROUP_PROTOCOL_CONFIG);
    if (protocol != null && !Set.of("classic", "consumer").contains(lower(protocol))) {
      problems.add(
          "%s is %s, classic or consumer was expected"
              .formatted(ConsumerConfig.GROUP_PROTOCOL_CONFIG, protocol));
    }
    if (protocol == null || !lower(protocol).equals("classic")) {
      OF_CLASSIC.forEach(
          (name, ofBroker) -> {
            if (settings.text(name) != null) {
              problems.add(
                  "%s is given, and in the newer group protocol the brokers' %s decides: set that, or say %s=classic"
                      .formatted(name, ofBroker, ConsumerConfig.GROUP_PROTOCOL_CONFIG));
            }
          });
    }
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  private static boolean isOwnSerde(KafkaSettings settings) {
    String serializer = settings.text(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);
    String deserializer = settings.text(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG);
    return serializer == null
        || deserializer == null
        || serializer.equals(AvroSerializer.class.getName())
        || deserializer.equals(AvroDeserializer.class.getName());
  }

  /** Asks Kafka's clients, which check values and what excludes what. */
  private static void checkClients(
      KafkaSettings settings, String participant, List<String> problems) {
    try {
      ProducerConfig ignored = new ProducerConfig(settings.producer());
    } catch (ConfigException e) {
      problems.add("Kafka's producer refuses its settings: " + e.getMessage());
    }
    try {
      ConsumerConfig ignored =
          new ConsumerConfig(settings.consumer(participant, settings.newGroupProtocol(true)));
    } catch (ConfigException e) {
      problems.add("Kafka's consumer refuses its settings: " + e.getMessage());
    }
  }
}
