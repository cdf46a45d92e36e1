// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.choreography.avro.AvroSerializer;
import dev.choreography.console.trace.Declaration;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.control.DeclaredStep;
import dev.choreography.kafka.DeadLetterHeaders;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalKafka;
import dev.choreography.local.LocalRegistry;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.tripbooking.FlightBookingFailed;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.Future;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka and a registry with choreographies whose events a test publishes itself, and consoles as
 * processes that can be killed.
 */
final class TrackedCluster {

  static final String READ = "to-read-to-read-to-read";
  static final String ACT = "to-act-to-act-to-act-to";
  static final Duration RETENTION = Duration.ofHours(1);

  static final String[] COMPLETED = {"begun", "begun", "a_done", "b_done"};

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path FOLDER =
      Path.of("target", "tracker-it-" + ProcessHandle.current().pid()).toAbsolutePath();

  private final LocalKafka kafka = LocalKafka.start();
  private final LocalRegistry registry = LocalRegistry.start();
  private final HttpClient http = HttpClient.newHttpClient();
  private final List<ServiceProcess> consoles = new ArrayList<>();
  private final Cluster cluster;
  private final KafkaProducer<byte[], byte[]> producer;
  private final AvroSerializer serializer = new AvroSerializer();
  private boolean waiting = true;

  TrackedCluster() throws InterruptedException {
    cluster = Cluster.connect(properties());
    serializer.configure(cluster.properties(), false);
    producer =
        new KafkaProducer<>(
            cluster.properties(), new ByteArraySerializer(), new ByteArraySerializer());
  }

  Properties properties() {
    Properties properties = new Properties();
    properties.setProperty(ClusterOptions.BOOTSTRAP, kafka.bootstrapServers());
    properties.setProperty(ClusterOptions.REGISTRY, registry.url());
    return properties;
  }

  Cluster cluster() {
    return cluster;
  }

  /** {@code a -> b}; its events are {@code <name>_begun}, {@code <name>_a_done} and so on. */
  Declaration declare(String name, int partitions) throws Exception {
    ChoreographyDeclared declared = createTopics(cluster, name, partitions);
    send(Topics.CHOREOGRAPHIES, name + ":1", declared, Instant.now(), Map.of());
    return Declaration.of(declared);
  }

  /** The same on any cluster, but for the declaration's publication. */
  static ChoreographyDeclared createTopics(Cluster cluster, String name, int partitions)
      throws Exception {
    ChoreographyDeclared declared =
        ChoreographyDeclared.newBuilder()
            .setName(name)
            .setVersion(1)
            .setFingerprint("f")
            .setDeadlineMs(Duration.ofHours(2).toMillis())
            .setStart(name + "_begun")
            .setControl(name + "_control")
            .setSteps(
                List.of(
                    step(name, "a", name + "_begun", true),
                    step(name, "b", name + "_a_done", false)))
            .build();
    Declaration declaration = Declaration.of(declared);
    List<NewTopic> topics = new ArrayList<>();
    new TreeSet<>(declaration.topics())
        .forEach(topic -> topics.add(new NewTopic(topic, partitions, (short) 1)));
    topics.add(new NewTopic(declared.getControl(), partitions, (short) 1));
    if (cluster.partitions(List.of(Topics.CHOREOGRAPHIES)).isEmpty()) {
      topics.add(new NewTopic(Topics.CHOREOGRAPHIES, 1, (short) 1));
    }
    cluster.admin().createTopics(topics).all().get();
    return declared;
  }

  /** What a participant of it would put aside: a record of that key, which its reason names. */
  void putAside(Declaration declaration, String participant, String key) throws Exception {
    String topic = Topics.deadLetters(participant);
    if (cluster.partitions(List.of(topic)).isEmpty()) {
      cluster.admin().createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
    }
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(DeadLetterHeaders.REASON, "the key is '%s', which is no saga's".formatted(key));
    headers.put(DeadLetterHeaders.TOPIC, declaration.declared().getStart());
    headers.put(DeadLetterHeaders.PARTITION, "0");
    headers.put(DeadLetterHeaders.OFFSET, "17");
    headers.put(DeadLetterHeaders.TIMESTAMP, Instant.now().toString());
    send(topic, key, new FlightBookingFailed(key, "secret-" + key), Instant.now(), headers);
  }

  /** What a console has written into its log. */
  String log(String console) throws IOException {
    return Files.readString(FOLDER.resolve(console + ".log"));
  }

  private static DeclaredStep step(String name, String step, String after, boolean undone) {
    return DeclaredStep.newBuilder()
        .setName(step)
        .setOwner(step + "-service")
        .setAfter(List.of(after))
        .setCompleted("%s_%s_done".formatted(name, step))
        .setFailed("%s_%s_failed".formatted(name, step))
        .setCompensated(undone ? "%s_%s_undone".formatted(name, step) : null)
        .build();
  }

  /** Publishes the events of a saga, each caused by the one before; the first one is bare. */
  void publish(
      Declaration declaration, String saga, Instant at, Duration deadline, String... events)
      throws Exception {
    String cause = null;
    int number = 0;
    for (String event : events) {
      String topic = declaration.name() + "_" + event;
      Map<String, String> headers = new LinkedHashMap<>();
      if (cause != null) {
        Instant time = at.plusMillis(100L * number);
        headers.put(EventHeaders.ID, EventHeaders.id(saga, topic));
        headers.put(EventHeaders.TYPE, topic);
        headers.put(EventHeaders.SOURCE, event.startsWith("b_") ? "b-service" : "a-service");
        headers.put(EventHeaders.CHOREOGRAPHY, declaration.id());
        headers.put(EventHeaders.CAUSATION, EventHeaders.id(saga, cause));
        headers.put(EventHeaders.DEADLINE, at.plus(deadline).toString());
        headers.put(EventHeaders.TIME, time.toString());
        headers.put(EventHeaders.RECEIVED, time.minusMillis(30).toString());
        headers.put(EventHeaders.STARTED, time.minusMillis(20).toString());
      }
      send(
          topic,
          saga,
          new FlightBookingFailed(saga, "secret-" + saga),
          at.plusMillis(100L * number + 5),
          headers);
      cause = topic;
      number++;
    }
  }

  private void send(
      String topic, String key, SpecificRecord event, Instant at, Map<String, String> headers)
      throws Exception {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            topic,
            null,
            at.toEpochMilli(),
            key.getBytes(UTF_8),
            serializer.serialize(topic, event));
    headers.forEach((name, text) -> record.headers().add(name, text.getBytes(UTF_8)));
    Future<RecordMetadata> sent = producer.send(record);
    if (waiting) {
      sent.get();
    }
  }

  /** Publishes what completes a saga, and does not wait for Kafka. */
  void publishLater(Declaration declaration, String saga) throws Exception {
    waiting = false;
    try {
      publish(declaration, saga, Instant.now(), Duration.ofHours(1), COMPLETED);
    } finally {
      waiting = true;
    }
  }

  /** Returns when Kafka has all. */
  void flush() {
    producer.flush();
  }

  /** Starts a console with a small heap, and does not wait. */
  ServiceProcess console(String name, String mask) throws Exception {
    return console(name, mask, "160m");
  }

  ServiceProcess console(String name, String mask, String heap) throws Exception {
    Path guard = Files.createDirectories(FOLDER.resolve("guard"));
    GuardedService.copyTo(guard);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrapServers());
    settings.put("SCHEMA_REGISTRY_URL", registry.url());
    settings.put("SAGA_READ_TOKEN", READ);
    settings.put("SAGA_ACT_TOKEN", ACT);
    settings.put("SAGA_MASK", mask);
    ServiceProcess console =
        ServiceProcess.start(
            new ServiceProcess.Program(
                name,
                Path.of("target", "choreography-console.jar").toAbsolutePath(),
                heap,
                List.of("console", "--port", "0", "--retention", RETENTION.toHours() + "h")),
            guard,
            settings,
            FOLDER.resolve(name + ".log"));
    consoles.add(console);
    return console;
  }

  HttpResponse<String> get(ServiceProcess console, String path, String... headers)
      throws IOException, InterruptedException {
    return ask(HttpRequest.newBuilder(URI.create(console.url() + path)), headers);
  }

  HttpResponse<String> post(ServiceProcess console, String path, String body, String... headers)
      throws IOException, InterruptedException {
    return ask(
        HttpRequest.newBuilder(URI.create(console.url() + path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)),
        headers);
  }

  private HttpResponse<String> ask(HttpRequest.Builder request, String... headers)
      throws IOException, InterruptedException {
    request.timeout(Duration.ofSeconds(10));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  static String[] bearer(String token) {
    return new String[] {"Authorization", "Bearer " + token};
  }

  JsonNode read(ServiceProcess console, String path) throws IOException, InterruptedException {
    return JSON.readTree(get(console, path, bearer(READ)).body());
  }

  void close() throws Exception {
    consoles.forEach(ServiceProcess::close);
    producer.close();
    cluster.close();
    registry.close();
    kafka.close();
  }
}
