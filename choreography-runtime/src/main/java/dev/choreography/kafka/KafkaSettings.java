// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.avro.AvroDeserializer;
import dev.choreography.avro.AvroSerializer;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.GroupProtocol;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * The author's Kafka properties, and what the framework adds to them for each client. Where both
 * say something, the author's word counts, except where a promise of the protocol hangs on it.
 *
 * @param given bootstrap servers, security, {@code schema.registry.url}, a serde, and the like
 */
public record KafkaSettings(Map<String, Object> given) {

  /** What Kafka's producer and broker allow unless told otherwise, in bytes. */
  private static final int DEFAULT_MAX_REQUEST = 1024 * 1024;

  /** What Kafka's consumer allows by default. */
  private static final long DEFAULT_MAX_POLL_INTERVAL_MS = 300_000;

  /** The settings that one protocol takes and the other refuses. */
  private static final Set<String> OF_PROTOCOLS =
      Set.of(
          ConsumerConfig.GROUP_PROTOCOL_CONFIG,
          ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG,
          ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG);

  private static final Set<String> OF_GROUPS =
      Set.of(
          ConsumerConfig.GROUP_ID_CONFIG,
          ConsumerConfig.GROUP_INSTANCE_ID_CONFIG,
          ConsumerConfig.GROUP_PROTOCOL_CONFIG,
          ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG,
          ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
          ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
          ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG);

  /** Room that a dead letter needs beside the record it holds, in bytes. */
  public static final int DEAD_LETTER_ROOM = 64 * 1024;

  /** The settings of these properties. */
  public static KafkaSettings of(Properties properties) {
    Map<String, Object> given = new HashMap<>();
    properties.stringPropertyNames().forEach(name -> given.put(name, properties.getProperty(name)));
    // Those with a value that is no text, as Kafka's clients allow, are not among the names above.
    properties.forEach((name, value) -> given.putIfAbsent(String.valueOf(name), value));
    return new KafkaSettings(Map.copyOf(given));
  }

  /** The largest record that the producer sends, in bytes. */
  int maxRecordBytes() {
    int buffer = number(ProducerConfig.BUFFER_MEMORY_CONFIG, Integer.MAX_VALUE);
    return Math.min(buffer, number(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, DEFAULT_MAX_REQUEST));
  }

  private int number(String name, int byDefault) {
    Object given = this.given.get(name);
    return given == null
        ? byDefault
        : (int) Math.min(Integer.MAX_VALUE, Long.parseLong(given.toString().strip()));
  }

  /** A setting as text, null where it is not given. */
  @Nullable String text(String name) {
    Object value = given.get(name);
    String text = value instanceof Class<?> type ? type.getName() : String.valueOf(value).strip();
    return value == null || text.isEmpty() ? null : text;
  }

  /**
   * Returns whether workers join their group by the newer protocol: as the settings say, else as
   * the brokers do.
   */
  public boolean newGroupProtocol(boolean ofBrokers) {
    String said = text(ConsumerConfig.GROUP_PROTOCOL_CONFIG);
    return said == null ? ofBrokers : said.equalsIgnoreCase(GroupProtocol.CONSUMER.name());
  }

  /** The settings of one of several workers: each is a member of its own. */
  public KafkaSettings ofWorker(int worker, int workers) {
    String instance = text(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    if (instance == null || workers == 1) {
      return this;
    }
    Map<String, Object> own = new HashMap<>(given);
    own.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance + "-" + worker);
    return new KafkaSettings(Map.copyOf(own));
  }

  /** A text without the secrets among the settings: others' errors quote what they were given. */
  public String hidden(String text) {
    return Secrets.of(given).hidden(text);
  }

  /** The names alone: the values may hold secrets. */
  @Override
  public String toString() {
    return "KafkaSettings" + new TreeSet<>(given.keySet());
  }

  /**
   * Returns how long a batch may begin to handle sagas: a quarter of {@code max.poll.interval.ms},
   * or less where two calls of the longest time limit would not have room beside it. Zero or less
   * where they have no room at all.
   *
   * @param longestCall the longest time limit of a handler's call
   */
  public Duration batchLimit(Duration longestCall) {
    Duration interval = maxPollInterval();
    Duration room = interval.minus(longestCall.multipliedBy(2)).multipliedBy(3).dividedBy(4);
    Duration quarter = interval.dividedBy(4);
    return room.compareTo(quarter) < 0 ? room : quarter;
  }

  /** Returns how long a consumer may take from one poll to the next. */
  public Duration maxPollInterval() {
    Object given = this.given.get(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG);
    return Duration.ofMillis(
        given == null ? DEFAULT_MAX_POLL_INTERVAL_MS : Long.parseLong(given.toString()));
  }

  /** Whether none of the bootstrap servers' names can be resolved, at the moment. */
  public boolean isNowhere() {
    String servers = String.valueOf(given.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG));
    return Stream.of(servers.split(","))
        .map(Utils::getHost)
        .allMatch(host -> host != null && new InetSocketAddress(host, 0).isUnresolved());
  }

  /** For the admin client. */
  public Map<String, Object> admin() {
    Map<String, Object> settings = new HashMap<>(given);
    settings.putIfAbsent("default.api.timeout.ms", 15_000);
    settings.putIfAbsent("request.timeout.ms", 10_000);
    return settings;
  }

  /** The settings of a consumer that is in no group. */
  Map<String, Object> reader() {
    Map<String, Object> settings = new HashMap<>(admin());
    OF_GROUPS.forEach(settings::remove);
    return settings;
  }

  Map<String, Object> producer() {
    Map<String, Object> settings = new HashMap<>(given);
    settings.putIfAbsent(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 3_000);
    // An acknowledged event is never lost: the outbox forgets it.
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    // A whole batch is handed over at once, so there is nothing to wait for.
    settings.putIfAbsent(ProducerConfig.LINGER_MS_CONFIG, 0);
    // What takes longer stays in the outbox, and the sweeper tries again.
    settings.putIfAbsent(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
    settings.putIfAbsent(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
    settings.putIfAbsent(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
    settings.put(
        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
        (int) Math.min(Integer.MAX_VALUE, (long) maxRecordBytes() + DEAD_LETTER_ROOM));
    // A saga's partition is its key's.
    settings.remove(ProducerConfig.PARTITIONER_CLASS_CONFIG);
    settings.put(ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG, false);
    settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    return settings;
  }

  Map<String, Object> consumer(String group, boolean newGroupProtocol) {
    Map<String, Object> settings = new HashMap<>(given);
    settings.putIfAbsent(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 3_000);
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    // The participant's database decides where to read, and nobody else.
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    // New partitions are found by then, with the classic group protocol.
    settings.putIfAbsent(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 30_000);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 500);
    // Range keeps a saga's events of all topics with one instance, which makes its locks cheap.
    OF_PROTOCOLS.forEach(settings::remove);
    if (newGroupProtocol) {
      settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, GroupProtocol.CONSUMER.name());
      settings.put(ConsumerConfig.GROUP_REMOTE_ASSIGNOR_CONFIG, "range");
    } else {
      settings.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, GroupProtocol.CLASSIC.name());
      settings.put(
          ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, RangeAssignor.class.getName());
    }
    return settings;
  }

  <T> Serializer<T> valueSerializer() {
    return serializer(given);
  }

  /**
   * For the control topic, which carries several types: each needs a subject of its own.
   * Confluent's has to be told, any other is {@code usual}; ours sees to it itself.
   */
  <T> Serializer<T> controlSerializer(Serializer<T> usual) {
    if (!String.valueOf(given.get("value.serializer")).startsWith("io.confluent.")) {
      return usual;
    }
    Map<String, Object> settings = new HashMap<>(given);
    settings.put(
        "value.subject.name.strategy",
        "io.confluent.kafka.serializers.subject.TopicRecordNameStrategy");
    return serializer(settings);
  }

  @SuppressWarnings("unchecked")
  private <T> Serializer<T> serializer(Map<String, Object> settings) {
    Object type = settings.getOrDefault("value.serializer", AvroSerializer.class.getName());
    Serializer<T> serializer = instance(type, Serializer.class);
    serializer.configure(settings, false);
    return serializer;
  }

  @SuppressWarnings("unchecked")
  <T> Deserializer<T> valueDeserializer() {
    Object type = given.getOrDefault("value.deserializer", AvroDeserializer.class.getName());
    Deserializer<T> deserializer = instance(type, Deserializer.class);
    deserializer.configure(given, false);
    return deserializer;
  }

  private static <T> T instance(Object type, Class<T> as) {
    try {
      return Utils.newInstance(type.toString(), as);
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException(
          "the serde %s is not on the class path".formatted(type), e);
    }
  }
}
