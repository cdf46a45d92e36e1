// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.avro.EventClasses;
import dev.choreography.avro.GenericAvroDeserializer;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Refusal;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.engine.Inbox;
import dev.choreography.engine.Trouble;
import dev.choreography.engine.UnwritableEventException;
import dev.choreography.kafka.Declarations;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.kafka.Topics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** Kafka and its schema registry, as a person at a terminal asks them: an answer within seconds. */
final class Cluster implements AutoCloseable {

  private static final int SECONDS = 1_000;
  private static final int TO_CONNECT_MS = 5 * SECONDS;
  private static final List<String> PATIENCE =
      List.of(
          "default.api.timeout.ms", "request.timeout.ms", "max.block.ms", "delivery.timeout.ms");

  private final Properties properties;
  private final KafkaSettings settings;
  private final Admin admin;
  private final GenericAvroDeserializer anyEvent = new GenericAvroDeserializer();

  private Cluster(Properties properties, Admin admin) {
    this.properties = properties;
    this.settings = KafkaSettings.of(properties);
    this.admin = admin;
    anyEvent.configure(settings.given(), false);
    EventClasses.trust(Inbox.CONTROL);
    EventClasses.trust(List.of(ChoreographyDeclared.class));
  }

  /**
   * Connects.
   *
   * @throws Refusal if Kafka does not answer
   */
  static Cluster connect(Properties given) throws InterruptedException {
    Properties properties = new Properties();
    given.stringPropertyNames().forEach(k -> properties.setProperty(k, given.getProperty(k)));
    properties.setProperty(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    if (PATIENCE.stream().noneMatch(given::containsKey)) {
      properties.setProperty("default.api.timeout.ms", Integer.toString(15 * SECONDS));
      properties.setProperty("request.timeout.ms", Integer.toString(10 * SECONDS));
      properties.setProperty("max.block.ms", Integer.toString(15 * SECONDS));
      properties.setProperty("delivery.timeout.ms", Integer.toString(15 * SECONDS));
    }
    String where = properties.getProperty(ClusterOptions.BOOTSTRAP);
    if (Stream.of(where.split(",")).noneMatch(Cluster::listens)) {
      throw new Refusal(
          "Kafka at %s cannot be asked, start one with `./saga up` or name another with --bootstrap: nobody listens there"
              .formatted(where));
    }
    Admin admin = null;
    try {
      admin = Admin.create(KafkaSettings.of(properties).admin());
      admin.describeCluster().nodes().get();
      return new Cluster(properties, admin);
    } catch (ExecutionException | KafkaException e) {
      if (admin != null) {
        admin.close(Duration.ZERO);
      }
      throw new Refusal(
          "Kafka at %s cannot be asked, start one with `./saga up` or name another with --bootstrap: %s"
              .formatted(where, Console.sentence(e)));
    }
  }

  /** Kafka's clients would try again for as long as they wait for an answer. */
  private static boolean listens(String address) {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon).replaceAll("[\\[\\]]", "");
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(host, Integer.parseInt(address.substring(colon + 1))),
          TO_CONNECT_MS);
      return true;
    } catch (IOException | IllegalArgumentException e) {
      return false;
    }
  }

  /** For clients. */
  Map<String, Object> properties() {
    Map<String, Object> all = new HashMap<>();
    properties.stringPropertyNames().forEach(name -> all.put(name, properties.getProperty(name)));
    return all;
  }

  Admin admin() {
    return admin;
  }

  /** The bytes of an event. */
  byte[] encode(String topic, SpecificRecord event) {
    try {
      return new KafkaCodec(settings).encode(topic, event);
    } catch (Trouble | UnwritableEventException | SerializationException e) {
      throw new Refusal(Console.sentence(e));
    }
  }

  /**
   * How many partitions each of these topics has; those that do not exist are left out.
   *
   * @throws Refusal if Kafka does not say
   */
  Map<String, Integer> partitions(Collection<String> topics) throws InterruptedException {
    Map<String, Integer> partitions = new TreeMap<>();
    for (Map.Entry<String, KafkaFuture<TopicDescription>> topic :
        admin.describeTopics(topics).topicNameValues().entrySet()) {
      try {
        partitions.put(topic.getKey(), topic.getValue().get().partitions().size());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
          throw new Refusal(
              "topic %s cannot be described: %s".formatted(topic.getKey(), Console.sentence(e)));
        }
      }
    }
    return partitions;
  }

  /**
   * Every declaration that participants run, the newest versions last.
   *
   * @throws Refusal if there is none
   */
  List<Declaration> declarations() throws InterruptedException {
    List<Declaration> declared = declarationsIfAny();
    if (declared.isEmpty()) {
      throw new Refusal(
          "topic %s holds no declaration that the registry at %s knows: each participant puts its own there when it starts; `./saga topics --create` creates the topics it needs"
              .formatted(
                  Topics.CHOREOGRAPHIES,
                  Terminal.withoutPasswords(properties.getProperty(ClusterOptions.REGISTRY))));
    }
    return declared;
  }

  /** The same, none if there is none. */
  List<Declaration> declarationsIfAny() throws InterruptedException {
    if (partitions(List.of(Topics.CHOREOGRAPHIES)).isEmpty()) {
      return List.of();
    }
    try {
      return new Declarations(settings, new KafkaCodec(settings))
          .read().values().stream()
              .map(Declaration::of)
              .sorted(Comparator.comparingInt(each -> each.declared().getVersion()))
              .toList();
    } catch (Trouble e) {
      throw new Refusal(
          "the declarations cannot be read, name the registry with --registry: "
              + Console.sentence(e));
    }
  }

  /**
   * How long after its time an event may still be read from any of these topics, so that every
   * participant ignores starts with an older deadline, protocol rule 9; null if for ever.
   */
  @Nullable Duration kept(Collection<String> topics) throws InterruptedException {
    try {
      return Topics.longestKept(admin, partitions(topics).keySet());
    } catch (ExecutionException e) {
      throw new Refusal("Kafka does not say how long topics keep events: " + Console.sentence(e));
    }
  }

  /**
   * How many bytes a record may have on each of these topics; one that does not exist takes what
   * the brokers say.
   */
  int largestRecord(Collection<String> topics, int most) throws InterruptedException {
    try {
      List<ConfigResource> asked = new ArrayList<>();
      admin
          .describeCluster()
          .nodes()
          .get()
          .forEach(
              node -> asked.add(new ConfigResource(ConfigResource.Type.BROKER, node.idString())));
      partitions(topics)
          .keySet()
          .forEach(name -> asked.add(new ConfigResource(ConfigResource.Type.TOPIC, name)));
      int largest = most;
      for (Map.Entry<ConfigResource, Config> each :
          admin.describeConfigs(asked).all().get().entrySet()) {
        ConfigEntry limit =
            each.getValue()
                .get(
                    each.getKey().type() == ConfigResource.Type.BROKER
                        ? "message.max.bytes"
                        : TopicConfig.MAX_MESSAGE_BYTES_CONFIG);
        largest = limit == null ? largest : Math.min(largest, Integer.parseInt(limit.value()));
      }
      return largest;
    } catch (ExecutionException e) {
      throw new Refusal("Kafka does not say how large a record may be: " + Console.sentence(e));
    }
  }

  /** The event in a record, or null if its value cannot be read as one. */
  @Nullable GenericRecord event(ConsumerRecord<byte[], byte[]> record) {
    try {
      return anyEvent.deserialize(record.topic(), record.value());
    } catch (SerializationException e) {
      if (e.getCause() instanceof IOException) {
        throw new Refusal(Console.sentence(e));
      }
      return null;
    }
  }

  @Override
  public void close() {
    admin.close();
    anyEvent.close();
  }
}
