// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.control.Cancel;
import dev.choreography.kafka.DeadLetterHeaders;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Scripted;
import dev.choreography.testbed.Topic;
import dev.choreography.testevents.CompensatedA;
import dev.choreography.testevents.CompensatedB;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.CompletedB;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.FailedB;
import dev.choreography.testevents.Started;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Predicate;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a running participant does with records that others put on its topics, and with starts. */
@ExtendWith(RealPrograms.class)
class RunningTest {

  private static final String NAME = "runner";
  private static final String DEAD_LETTERS = Topics.deadLetters(NAME);
  private static final int PARTITIONS = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  /** Two roots side by side. */
  private static final Choreography PAIR =
      Choreography.named("pair")
          .startedBy(Started.class)
          .step(
              "a",
              step ->
                  step.ownedBy(NAME)
                      .after(Started.class)
                      .completes(CompletedA.class)
                      .fails(FailedA.class)
                      .compensates(CompensatedA.class))
          .step(
              "b",
              step ->
                  step.ownedBy(NAME)
                      .after(Started.class)
                      .completes(CompletedB.class)
                      .fails(FailedB.class)
                      .compensates(CompensatedB.class))
          .deadline(Duration.ofHours(1))
          .build();

  private static final PrometheusMeterRegistry METERS =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  private static Properties kafka;
  private static HikariDataSource database;
  private static Topic topics;
  private static KafkaCodec codec;
  private static Participant participant;

  @BeforeAll
  static void open(LocalEnvironment environment) throws Exception {
    kafka = RealPrograms.kafka(environment);
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, PAIR, PARTITIONS, (short) 1);
    }
    database = RealPrograms.pool(environment.createDatabase("running"));
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE runs (saga_id text, step text)");
    }
    topics = Topic.on(kafka);
    codec = new KafkaCodec(KafkaSettings.of(kafka));
    participant =
        Participant.named(NAME)
            .hosts(PAIR, "a", handler("a"))
            .hosts(PAIR, "b", handler("b"))
            .database(database)
            .kafka(kafka)
            .meters(METERS)
            .start();
  }

  @AfterAll
  static void close() {
    participant.close();
    topics.close();
    database.close();
  }

  private static KafkaProducer<byte[], byte[]> producer(String name, String value) {
    Properties properties = new Properties();
    properties.putAll(kafka);
    properties.setProperty(name, value);
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static Scripted handler(String name) {
    Step step = PAIR.step(name);
    return new Scripted(
        step,
        (request, saga) -> {
          try (Statement statement = saga.connection().createStatement()) {
            statement.execute(
                "INSERT INTO runs VALUES ('%s', '%s')".formatted(saga.sagaId(), step.name()));
          }
          return Scripted.done(step, saga);
        },
        (completed, saga) -> {});
  }

  @Test
  void a_start_that_knows_nothing_of_choreographies_is_adopted_and_runs_once() throws Exception {
    send("started", 0, null, new Started("bare", "go"), Map.of("traceparent", "00-1-2-01"));
    awaitRuns("bare");
    List<ConsumerRecord<byte[], byte[]>> adopted = topics.records("started", "bare");
    assertThat(adopted).hasSize(1);
    ConsumerRecord<byte[], byte[]> record = adopted.get(0);
    ConsumerRecord<byte[], byte[]> bare =
        topics.records("started").stream()
            .filter(
                r ->
                    r.key() == null
                        && new String(r.value(), 5, 5, StandardCharsets.UTF_8).contains("bare"))
            .findFirst()
            .orElseThrow();
    assertThat(record.value()).isEqualTo(bare.value());
    assertThat(record.partition()).isEqualTo(partition("bare"));
    assertThat(Topic.header(record, EventHeaders.CHOREOGRAPHY)).isEqualTo(PAIR.id());
    assertThat(Topic.header(record, EventHeaders.DEADLINE))
        .isEqualTo(Instant.ofEpochMilli(bare.timestamp()).plus(PAIR.deadline()).toString());
    assertThat(Topic.header(record, EventHeaders.ID)).isEqualTo("bare/started");
    assertThat(Topic.header(record, EventHeaders.TRACE_PARENT)).isEqualTo("00-1-2-01");
  }

  @Test
  void a_start_without_headers_is_adopted_also_where_its_key_belongs() throws Exception {
    send("started", null, "keyed", new Started("keyed", "go"), Map.of());
    awaitRuns("keyed");
    assertThat(topics.records("started", "keyed")).hasSize(2);
  }

  @Test
  void a_start_on_another_partition_than_its_keys_is_heard_where_it_lies() throws Exception {
    int elsewhere = (partition("misplaced") + 1) % PARTITIONS;
    send("started", elsewhere, "misplaced", new Started("misplaced", "go"), headers());
    awaitRuns("misplaced");
    assertThat(topics.records("started", "misplaced"))
        .extracting(ConsumerRecord::partition)
        .containsExactly(elsewhere);
    assertThat(topics.records("completed_a", "misplaced"))
        .extracting(ConsumerRecord::partition)
        .containsExactly(partition("misplaced"));
    assertThat(participant.health().counts()).containsKey("misplaced");
    assertThat(METERS.get("choreography.misplaced").functionCounter().count()).isPositive();
  }

  @Test
  void the_same_bare_start_twice_is_one_saga() throws Exception {
    send("started", null, null, new Started("twice", "go"), Map.of());
    send("started", null, "twice", new Started("twice", "go"), Map.of());
    awaitRuns("twice");
    send("started", null, null, new Started("twice", "go"), Map.of());
    awaitNext();
    assertThat(runs("twice")).containsExactlyInAnyOrder("a", "b");
    assertThat(
            topics.records("started", "twice").stream()
                .filter(r -> Topic.header(r, EventHeaders.CHOREOGRAPHY) != null))
        .as("adopted once")
        .hasSize(1);
    assertThat(topics.records("completed_a", "twice")).hasSize(1);
    assertThat(deadLetters(r -> text(r).contains("twice"))).isEmpty();
  }

  @Test
  void a_second_start_with_another_payload_is_a_conflict() throws Exception {
    send("started", null, "conflict", new Started("conflict", "one"), Map.of());
    awaitRuns("conflict");
    byte[] other = codec.encode("started", new Started("conflict", "another"));
    topics.send("started", null, "conflict", other, Map.of("mine", "kept"));
    ConsumerRecord<byte[], byte[]> letter = awaitDeadLetter(other);
    assertThat(reason(letter)).startsWith("conflict").contains("saga conflict");
    assertThat(Topic.header(letter, "mine")).isEqualTo("kept");
    assertThat(runs("conflict")).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void what_is_not_avro_is_put_aside_with_its_bytes_headers_and_reason() throws Exception {
    byte[] json = "{\"saga_id\": \"s\"}".getBytes(StandardCharsets.UTF_8);
    topics.send("started", 1, "key", json, Map.of("mine", "kept"));
    ConsumerRecord<byte[], byte[]> letter = awaitDeadLetter(json);
    assertThat(letter.key()).asString().isEqualTo("key");
    assertThat(Topic.header(letter, "mine")).isEqualTo("kept");
    assertThat(reason(letter)).contains("magic byte");
    assertThat(Topic.header(letter, DeadLetterHeaders.TOPIC)).isEqualTo("started");
    assertThat(Topic.header(letter, DeadLetterHeaders.PARTITION)).isEqualTo("1");
    assertThat(Topic.header(letter, DeadLetterHeaders.OFFSET)).matches("[0-9]+");
    awaitNext();
  }

  @Test
  void a_dead_letter_has_all_headers_as_they_came() throws Exception {
    byte[] garbage = "no event, with headers".getBytes(StandardCharsets.UTF_8);
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>("started", 0, null, garbage);
    record.headers().add("twice", new byte[] {1}).add("none", null).add("twice", new byte[] {2});
    topics.producer().send(record).get();
    Header[] headers = awaitDeadLetter(garbage).headers().toArray();
    assertThat(headers).extracting(Header::key).startsWith("twice", "none", "twice");
    assertThat(headers[0].value()).containsExactly(1);
    assertThat(headers[1].value()).isNull();
    assertThat(headers[2].value()).containsExactly(2);
  }

  @Test
  void a_record_of_the_largest_size_is_put_aside_whole() throws Exception {
    byte[] large = "x".repeat(1024 * 1024 - 500).getBytes(StandardCharsets.UTF_8);
    topics.send("started", 0, "large", large, Map.of());
    assertThat(reason(awaitDeadLetter(large))).contains("magic byte").doesNotContain("whole");
    awaitNext();
  }

  @Test
  void of_a_record_that_is_too_large_for_the_dead_letters_its_coordinates_are_kept()
      throws Exception {
    try (Admin admin = Admin.create(kafka);
        KafkaProducer<byte[], byte[]> producer = producer("max.request.size", "4000000")) {
      ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, "failed_a");
      ConfigEntry largest = new ConfigEntry("max.message.bytes", "4000000");
      admin
          .incrementalAlterConfigs(
              Map.of(topic, List.of(new AlterConfigOp(largest, AlterConfigOp.OpType.SET))))
          .all()
          .get();
      RecordMetadata sent =
          producer
              .send(
                  new ProducerRecord<>(
                      "failed_a", 2, null, "x".repeat(3_000_000).getBytes(StandardCharsets.UTF_8)))
              .get();
      await("its coordinates")
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(
                          deadLetters(
                              letter ->
                                  String.valueOf(sent.offset())
                                          .equals(Topic.header(letter, DeadLetterHeaders.OFFSET))
                                      && "failed_a"
                                          .equals(Topic.header(letter, DeadLetterHeaders.TOPIC))))
                      .singleElement()
                      .satisfies(letter -> assertThat(letter.value()).isNull())
                      .satisfies(letter -> assertThat(reason(letter)).contains("magic byte")));
    }
    awaitNext();
  }

  @Test
  void an_unknown_event_type_is_a_dead_letter() throws Exception {
    byte[] unknown = codec.encode("pair_unknown", new Started("unknown", "on the control topic"));
    topics.send(PAIR.controlTopic(), null, "unknown", unknown, headers());
    assertThat(reason(awaitDeadLetter(unknown))).contains("Started", PAIR.controlTopic());
    awaitNext();
  }

  @Test
  void an_unknown_schema_id_is_a_dead_letter() throws Exception {
    byte[] unknown = HexFormat.of().parseHex("007f0000010273");
    topics.send("completed_a", 0, "s", unknown, headers());
    assertThat(reason(awaitDeadLetter(unknown))).contains("schema id " + 0x7f000001);
    awaitNext();
  }

  @Test
  void a_key_that_is_not_the_saga_id_is_a_dead_letter() throws Exception {
    byte[] value = codec.encode("completed_a", new CompletedA("this", "x"));
    topics.send("completed_a", null, "that", value, headers());
    assertThat(reason(awaitDeadLetter(value))).contains("this", "that");
    awaitNext();
  }

  @Test
  void a_null_value_is_a_dead_letter() throws Exception {
    topics.send("failed_b", null, "null-valued", null, headers());
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(topics.records(DEAD_LETTERS, "null-valued"))
                    .singleElement()
                    .satisfies(letter -> assertThat(letter.value()).isNull())
                    .satisfies(letter -> assertThat(reason(letter)).contains("null", "failed_b")));
    awaitNext();
  }

  @Test
  void a_version_not_hosted_yet_is_kept_and_an_older_one_ignored() throws Exception {
    byte[] newer = codec.encode("completed_a", new CompletedA("newer", "x"));
    byte[] older = codec.encode("completed_a", new CompletedA("older", "x"));
    byte[] another = codec.encode("completed_a", new CompletedA("another", "x"));
    byte[] stranger = codec.encode("completed_a", new CompletedA("stranger", "x"));
    topics.send("completed_a", null, "older", older, as("pair:0:0123456789abcdef"));
    topics.send("completed_a", null, "stranger", stranger, as("other:1:0123456789abcdef"));
    topics.send("completed_a", null, "another", another, as("pair:1:0123456789abcdef"));
    topics.send("completed_a", null, "newer", newer, as("pair:2:0123456789abcdef"));
    assertThat(reason(awaitDeadLetter(newer))).startsWith("version not hosted yet");
    assertThat(reason(awaitDeadLetter(another))).startsWith("version not hosted yet");
    awaitNext();
    assertThat(topics.records(DEAD_LETTERS, "older")).isEmpty();
    assertThat(topics.records(DEAD_LETTERS, "stranger")).isEmpty();
    assertThat(participant.health().counts())
        .containsKeys("ignored older_version", "ignored other_choreography");
    assertThat(
            METERS
                .get("choreography.ignored")
                .tag("participant", NAME)
                .tag("reason", "older_version")
                .functionCounter()
                .count())
        .isPositive();
  }

  @Test
  void a_value_of_another_topics_type_is_a_dead_letter() throws Exception {
    byte[] value = codec.encode("swapped", new CompletedB("swapped", "x"));
    topics.send("completed_a", null, "swapped", value, headers());
    assertThat(reason(awaitDeadLetter(value))).contains("CompletedB", "completed_a");
    awaitNext();
  }

  @Test
  void a_cancel_from_outside_is_heard() throws Exception {
    Map<String, String> headers = new HashMap<>(headers());
    headers.put(EventHeaders.TYPE, "cancel");
    send(PAIR.controlTopic(), null, "stop", new Cancel("stop", "a flood", "op"), headers);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(topics.records("failed_a", "stop")).hasSize(1));
    send("started", null, "stop", new Started("stop", "go"), headers());
    awaitNext();
    assertThat(runs("stop")).isEmpty();
  }

  @Test
  void nothing_is_started_by_a_transaction_that_rolls_back() throws Exception {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      SagaStarter.Started started =
          participant.starter(PAIR).start(connection, new Started("never", ""));
      assertThat(started.sagaId()).isEqualTo("never");
      connection.rollback();
    }
    awaitNext();
    assertThat(topics.records("started", "never")).isEmpty();
  }

  @Test
  void what_is_started_and_told_to_be_published_is_there_at_once() throws Exception {
    Instant begin = started("at-once", true);
    awaitRuns("at-once");
    ConsumerRecord<byte[], byte[]> record = topics.records("started", "at-once").get(0);
    assertThat(Duration.between(begin, Instant.ofEpochMilli(record.timestamp())))
        .isLessThan(Duration.ofSeconds(2));
    assertThat(Topic.header(record, EventHeaders.CHOREOGRAPHY)).isEqualTo(PAIR.id());
  }

  @Test
  void what_is_started_and_not_published_is_found_after_some_seconds() throws Exception {
    Instant begin = started("forgotten", false);
    awaitRuns("forgotten");
    ConsumerRecord<byte[], byte[]> record = topics.records("started", "forgotten").get(0);
    assertThat(Duration.between(begin, Instant.ofEpochMilli(record.timestamp())))
        .isBetween(Duration.ofMillis(4_900), Duration.ofSeconds(8));
  }

  @Test
  void what_is_published_leaves_the_outbox_within_two_seconds_of_quiet() throws Exception {
    started("tidy", true);
    awaitRuns("tidy");
    await("the outbox is empty")
        .atMost(Duration.ofSeconds(4))
        .until(() -> query("SELECT id FROM choreography_outbox WHERE saga_id = 'tidy'").isEmpty());
  }

  @Test
  void a_start_that_cannot_be_is_refused() throws SQLException {
    SagaStarter starter = participant.starter(PAIR);
    try (Connection connection = database.getConnection()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> starter.start(connection, new Started("auto", "")))
          .withMessageContaining("auto-commit");
      connection.setAutoCommit(false);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> starter.start(connection, new CompletedA("wrong", "")))
          .withMessageContaining("is started by started");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> starter.start(connection, new Started("", "")))
          .withMessageContaining("empty");
      connection.rollback();
    }
    assertThat(query("SELECT id FROM choreography_outbox WHERE saga_id IN ('auto', 'wrong', '')"))
        .isEmpty();
  }

  @Test
  void a_participant_that_gets_on_is_healthy() {
    await().atMost(PATIENCE).until(() -> participant.health().up());
    assertThat(participant.health().trouble()).isEmpty();
  }

  private static Instant started(String sagaId, boolean publish) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      SagaStarter.Started started =
          participant.starter(PAIR).start(connection, new Started(sagaId, "go"));
      Instant begin = Clock.systemUTC().instant();
      connection.commit();
      if (publish) {
        started.publish();
      }
      return begin;
    }
  }

  private static int next;

  /** What came before has been handled when the next saga has run on every partition. */
  private static void awaitNext() throws Exception {
    for (int partition = 0; partition < PARTITIONS; partition++) {
      String sagaId;
      do {
        sagaId = "next-" + next++;
      } while (partition(sagaId) != partition);
      send("started", partition, sagaId, new Started(sagaId, "go"), headers());
      awaitRuns(sagaId);
    }
  }

  private static void awaitRuns(String sagaId) {
    await("saga %s has run".formatted(sagaId))
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(() -> assertThat(runs(sagaId)).containsExactlyInAnyOrder("a", "b"));
  }

  private static ConsumerRecord<byte[], byte[]> awaitDeadLetter(byte[] value) {
    return await("the dead letter")
        .atMost(PATIENCE)
        .until(
            () -> deadLetters(record -> Arrays.equals(value, record.value())),
            found -> !found.isEmpty())
        .get(0);
  }

  private static List<ConsumerRecord<byte[], byte[]>> deadLetters(
      Predicate<ConsumerRecord<byte[], byte[]>> which) {
    return topics.records(DEAD_LETTERS).stream().filter(which).toList();
  }

  private static String reason(ConsumerRecord<byte[], byte[]> letter) {
    return String.valueOf(Topic.header(letter, DeadLetterHeaders.REASON));
  }

  private static String text(ConsumerRecord<byte[], byte[]> record) {
    return record.value() == null ? "" : new String(record.value(), StandardCharsets.UTF_8);
  }

  private static void send(
      String topic,
      @Nullable Integer partition,
      @Nullable String key,
      SpecificRecord event,
      Map<String, String> headers)
      throws Exception {
    topics.send(topic, partition, key, codec.encode(topic, event), headers);
  }

  private static Map<String, String> headers() {
    return as(PAIR.id());
  }

  private static Map<String, String> as(String choreography) {
    return Map.of(
        EventHeaders.CHOREOGRAPHY, choreography, EventHeaders.DEADLINE, "2999-01-01T00:00:00Z");
  }

  private static int partition(String key) {
    return Utils.toPositive(Utils.murmur2(key.getBytes(StandardCharsets.UTF_8))) % PARTITIONS;
  }

  private static List<String> runs(String sagaId) throws SQLException {
    return query("SELECT step FROM runs WHERE saga_id = '%s'".formatted(sagaId));
  }

  private static List<String> query(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> found = new ArrayList<>();
      while (result.next()) {
        found.add(result.getString(1));
      }
      return found;
    }
  }
}
