// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import static dev.choreography.local.LocalPostgresTest.ask;
import static dev.choreography.local.LocalPostgresTest.tell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalEnvironmentTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final List<String> PROGRESS = Collections.synchronizedList(new ArrayList<>());
  private static LocalEnvironment local;

  @BeforeAll
  static void start() {
    local = LocalEnvironment.start(LocalOptions.defaults().withProgress(PROGRESS::add));
  }

  @AfterAll
  static void close() {
    local.close();
  }

  @Test
  void progress_tells_a_line_when_a_program_starts_and_one_when_it_is_up() {
    for (String name : List.of("Kafka", "Schema registry", "PostgreSQL")) {
      assertThat(PROGRESS)
          .anyMatch(line -> line.startsWith(name + " starts on port "))
          .anyMatch(line -> line.startsWith(name + " is up on port "));
    }
  }

  @Test
  void records_survive_a_kill_of_the_broker() throws Exception {
    createTopic("killed");
    produce("killed", "before");
    local.kafka().kill();
    assertThat(local.kafka().processes()).isEmpty();
    local.kafka().restart();
    produce("killed", "after");
    assertThat(consume("killed", 2, "classic")).containsExactly("before", "after");
  }

  @Test
  void both_group_protocols_work() throws Exception {
    createTopic("protocols");
    produce("protocols", "one");
    assertThat(consume("protocols", 1, "consumer")).containsExactly("one");
    assertThat(consume("protocols", 1, "classic")).containsExactly("one");
  }

  @Test
  void a_topic_does_not_make_itself() {
    try (KafkaProducer<String, String> producer = producer(1000)) {
      assertThatThrownBy(() -> producer.send(new ProducerRecord<>("unheard-of", "x")).get())
          .hasMessageContaining("not present in metadata");
    }
  }

  @Test
  void schemas_survive_a_kill_of_the_registry() throws Exception {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ids.add(register("kept-" + i, record("kept" + i, "string")));
    }
    local.registry().kill();
    assertThat(local.registry().processes()).isEmpty();
    local.registry().restart();
    for (int i = 0; i < 20; i++) {
      assertThat(get("/subjects/kept-" + i + "/versions/latest").body()).contains("kept" + i);
      assertThat(register("kept-" + i, record("kept" + i, "string"))).isEqualTo(ids.get(i));
    }
  }

  @Test
  void the_registry_refuses_a_change_that_is_not_backward_compatible() throws Exception {
    register("strict-value", record("strict", "string"));
    assertThat(post("strict-value", record("strict", "int")).statusCode()).isEqualTo(409);
  }

  @Test
  void rows_survive_a_kill_of_postgres() throws Exception {
    Database database = local.createDatabase("survivor");
    tell(database, "CREATE TABLE seat AS SELECT 12 AS number");
    local.postgres().kill();
    assertThat(local.postgres().processes()).isEmpty();
    local.postgres().restart();
    assertThat(ask(database, "SELECT number FROM seat")).isEqualTo("12");
  }

  @Test
  void a_paused_postgres_answers_nobody_until_it_is_resumed() throws Exception {
    Database database = local.createDatabase("paused");
    local.postgres().pause();
    try {
      Database impatient =
          new Database(
              database.jdbcUrl() + "?socketTimeout=1&connectTimeout=1",
              database.user(),
              database.password());
      assertThatThrownBy(() -> ask(impatient, "SELECT 1"))
          .hasRootCauseInstanceOf(SocketTimeoutException.class);
    } finally {
      local.postgres().resume();
    }
    assertThat(ask(database, "SELECT 1")).isEqualTo("1");
  }

  @Test
  void another_environment_runs_beside_it_and_its_close_leaves_no_process_and_no_folder()
      throws Exception {
    LocalEnvironment other = LocalEnvironment.start();
    List<ProcessHandle> children;
    try {
      assertThat(other.bootstrapServers()).isNotEqualTo(local.bootstrapServers());
      assertThat(ask(other.createDatabase("beside"), "SELECT 1")).isEqualTo("1");
      assertThat(ask(local.createDatabase("beside"), "SELECT 1")).isEqualTo("1");
      children =
          Stream.of(other.kafka(), other.registry(), other.postgres())
              .flatMap(part -> part.processes().stream())
              .toList();
      assertThat(children).hasSizeGreaterThan(4);
      assertThat(other.dataFolder()).isNotEmptyDirectory().isNotEqualTo(local.dataFolder());
    } finally {
      other.close();
    }
    assertThat(children).noneMatch(ProcessTree::runs);
    assertThat(other.dataFolder()).doesNotExist();
  }

  @Test
  void a_killed_launcher_leaves_no_child_not_even_a_paused_one(@TempDir Path folder)
      throws Exception {
    Path log = folder.resolve("launcher.log");
    Process launcher =
        new ProcessBuilder(
                JavaHome.running().executable().toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Launcher.class.getName(),
                folder.resolve("data").toString())
            .redirectError(log.toFile())
            .start();
    List<ProcessHandle> children;
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(launcher.getInputStream(), StandardCharsets.UTF_8))) {
      String line = out.readLine();
      assertThat(line).as(Files.readString(log)).startsWith("children ");
      children =
          Arrays.stream(line.split(" "))
              .skip(1)
              .flatMap(id -> ProcessHandle.of(Long.parseLong(id)).stream())
              .toList();
      assertThat(children).hasSizeGreaterThan(4).allMatch(ProcessTree::runs);
    } finally {
      launcher.destroyForcibly().waitFor();
    }
    long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (children.stream().anyMatch(ProcessTree::runs) && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    assertThat(children).noneMatch(ProcessTree::runs);
  }

  private static void createTopic(String name) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", local.bootstrapServers()))) {
      admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
    }
  }

  private static void produce(String topic, String value) throws Exception {
    try (KafkaProducer<String, String> producer = producer(20_000)) {
      producer.send(new ProducerRecord<>(topic, value)).get();
    }
  }

  private static KafkaProducer<String, String> producer(int maxBlock) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers", local.bootstrapServers(), "max.block.ms", maxBlock, "acks", "all"),
        new StringSerializer(),
        new StringSerializer());
  }

  private static List<String> consume(String topic, int count, String protocol) {
    Map<String, Object> common =
        Map.of(
            "bootstrap.servers",
            local.bootstrapServers(),
            "group.id",
            topic + "-" + protocol,
            "group.protocol",
            protocol,
            "auto.offset.reset",
            "earliest");
    Map<String, Object> settings = new HashMap<>(common);
    if (protocol.equals("classic")) {
      settings.put("session.timeout.ms", 1000);
      settings.put("heartbeat.interval.ms", 300);
    }
    List<String> values = new ArrayList<>();
    long deadline = System.nanoTime() + SOON.toNanos();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(topic));
      while (values.size() < count && System.nanoTime() < deadline) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
          values.add(record.value());
        }
      }
    }
    return values;
  }

  private static String record(String name, String type) {
    return "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"%s\\\",\\\"fields\\\":[{\\\"name\\\":\\\"seat\\\",\\\"type\\\":\\\"%s\\\"}]}\"}"
        .formatted(name, type);
  }

  private static String register(String subject, String schema) throws Exception {
    HttpResponse<String> answer = post(subject, schema);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private static HttpResponse<String> post(String subject, String schema) throws Exception {
    return send(
        HttpRequest.newBuilder(
                URI.create(local.registryUrl() + "/subjects/" + subject + "/versions"))
            .header("Content-Type", "application/vnd.schemaregistry.v1+json")
            .POST(HttpRequest.BodyPublishers.ofString(schema)));
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return send(HttpRequest.newBuilder(URI.create(local.registryUrl() + path)));
  }

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return HttpClient.newHttpClient()
        .send(request.timeout(SOON).build(), HttpResponse.BodyHandlers.ofString());
  }
}
