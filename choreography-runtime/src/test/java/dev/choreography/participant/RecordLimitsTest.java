// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.RetryPolicy;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.StepOptions;
import dev.choreography.kafka.DeadLetterHeaders;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Topic;
import dev.choreography.testevents.SizedCompleted;
import dev.choreography.testevents.SizedFailed;
import dev.choreography.testevents.SizedStarted;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Nothing is committed that its topic does not take. */
@ExtendWith(RealPrograms.class)
class RecordLimitsTest {

  private static final String NAME = "sized";
  private static final int LIMIT = 50_000;

  private static final Choreography SIZED =
      Choreography.named("sized")
          .startedBy(SizedStarted.class)
          .step(
              "a",
              step ->
                  step.ownedBy(NAME)
                      .after(SizedStarted.class)
                      .completes(SizedCompleted.class)
                      .fails(SizedFailed.class))
          .deadline(Duration.ofHours(1))
          .build();

  private static final StepOptions TWICE =
      StepOptions.defaults()
          .withExecution(
              RetryPolicy.defaults()
                  .withAttempts(2)
                  .withPauses(Duration.ofMillis(50), Duration.ofMillis(50)));

  private static Properties kafka;
  private static HikariDataSource database;
  private static Topic topics;
  private static Admin admin;
  private static KafkaCodec codec;

  @BeforeAll
  static void open(LocalEnvironment environment) throws Exception {
    kafka = RealPrograms.kafka(environment);
    admin = Admin.create(kafka);
    Topics.create(admin, SIZED, 1, (short) 1);
    database = RealPrograms.pool(environment.createDatabase("sized"));
    topics = Topic.on(kafka);
    codec = new KafkaCodec(KafkaSettings.of(kafka));
  }

  @AfterAll
  static void close() {
    topics.close();
    admin.close();
    database.close();
  }

  @BeforeEach
  void reset() throws Exception {
    for (String topic : SIZED.topics()) {
      limit(topic, 1_048_588);
    }
  }

  private static void limit(String topic, int bytes) throws Exception {
    ConfigEntry largest = new ConfigEntry("max.message.bytes", String.valueOf(bytes));
    admin
        .incrementalAlterConfigs(
            Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, topic),
                List.of(new AlterConfigOp(largest, AlterConfigOp.OpType.SET))))
        .all()
        .get();
  }

  private static ParticipantBuilder participant() {
    return Participant.named(NAME)
        .hosts(SIZED, "a", new Answering(), TWICE)
        .starts(SIZED)
        .database(database)
        .kafka(kafka);
  }

  @Test
  void an_event_that_its_topic_does_not_take_is_the_handlers_failure_before_the_commit()
      throws Exception {
    limit("sized_completed", LIMIT);
    try (Participant participant = participant().start()) {
      start(participant, "too large " + LIMIT, "");
      await("it fails").until(() -> failed("too large " + LIMIT) != null);
      assertThat(failed("too large " + LIMIT))
          .contains("gave up after 2 attempts", "the topic takes 50000 (max.message.bytes)");

      // The framing is counted for the worst case, so the largest that passes here is taken there.
      int largest = LIMIT;
      while (failedOrCompleted(participant, "fits " + largest) != null) {
        largest -= 50;
      }
      assertThat(largest).as("what is left for key, headers and framing").isGreaterThan(48_000);
      await("the outbox is empty").until(() -> outbox() == 0);
      assertThat(participant.health().up()).as(participant.health().trouble()).isTrue();
    }
  }

  /** The reason why a saga failed, null where it completed. */
  private static @Nullable String failedOrCompleted(Participant participant, String sagaId)
      throws SQLException {
    start(participant, sagaId, "");
    await(sagaId + " ends")
        .until(
            () -> failed(sagaId) != null || !topics.records("sized_completed", sagaId).isEmpty());
    return failed(sagaId);
  }

  @Test
  void a_start_that_only_its_client_could_send_is_a_dead_letter_at_once() throws Exception {
    try (Participant participant = participant().start()) {
      Properties compressing = new Properties();
      compressing.putAll(kafka);
      compressing.setProperty("compression.type", "zstd");
      compressing.setProperty("max.request.size", "5000000");
      try (KafkaProducer<byte[], byte[]> client =
          new KafkaProducer<>(compressing, new ByteArraySerializer(), new ByteArraySerializer())) {
        byte[] value =
            codec.encode("sized_started", new SizedStarted("zip", "z".repeat(2_000_000)));
        client
            .send(
                new ProducerRecord<>(
                    "sized_started", "zip".getBytes(StandardCharsets.UTF_8), value))
            .get();
      }
      topics.send(
          "sized_started",
          null,
          "behind",
          codec.encode("sized_started", new SizedStarted("behind", "")),
          Map.of());
      await("what lies behind it completes")
          .until(() -> !topics.records("sized_completed", "behind").isEmpty());
      await("it is a dead letter")
          .untilAsserted(
              () ->
                  assertThat(topics.records(Topics.deadLetters(NAME)))
                      .singleElement()
                      .satisfies(
                          letter ->
                              assertThat(Topic.header(letter, DeadLetterHeaders.REASON))
                                  .contains(
                                      "saga zip has 2000",
                                      "the topic takes 1048588",
                                      "the producer sends 1048576"))
                      .satisfies(
                          letter ->
                              assertThat(letter.value())
                                  .as("too large for the dead letters, too")
                                  .isNull()));
      assertThat(
              topics.records("sized_started", "zip").stream()
                  .filter(r -> Topic.header(r, EventHeaders.CHOREOGRAPHY) != null))
          .as("it was not adopted")
          .isEmpty();
      await("the outbox is empty").until(() -> outbox() == 0);
      assertThat(participant.health().up()).as(participant.health().trouble()).isTrue();
      assertThat(count("choreography_journal WHERE saga_id = 'zip'")).isZero();
    }
  }

  @Test
  void a_saga_whose_start_is_too_large_is_refused_before_its_callers_commit() throws Exception {
    limit("sized_started", LIMIT);
    try (Participant participant = participant().start();
        Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      SagaStarter starter = participant.starter(SIZED);
      assertThatThrownBy(
              () -> starter.start(connection, new SizedStarted("large", "x".repeat(LIMIT))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("sized_started of saga large", "the topic takes 50000");
      starter.start(connection, new SizedStarted("instead", "x".repeat(LIMIT - 2_000)));
      connection.commit();
      await("the small one completes, also without publish()")
          .until(() -> !topics.records("sized_completed", "instead").isEmpty());
    }
  }

  @Test
  void topics_that_do_not_even_take_the_frameworks_own_events_are_refused() throws Exception {
    limit("sized_failed", 10_000);
    limit("sized_control", 16_383);
    StartRefusedException refused =
        catchThrowableOfType(StartRefusedException.class, () -> participant().start().close());
    assertThat(refused).isNotNull();
    assertThat(refused.problems())
        .satisfiesExactlyInAnyOrder(
            p ->
                assertThat(p)
                    .contains("topic sized_failed", "at most 10000", "raise max.message.bytes"),
            p -> assertThat(p).contains("topic sized_control", "at most 16383"));
    Properties small = new Properties();
    small.putAll(kafka);
    small.setProperty("max.request.size", "16000");
    StartRefusedException another =
        catchThrowableOfType(
            StartRefusedException.class, () -> participant().kafka(small).start().close());
    assertThat(another).isNotNull();
    assertThat(another).hasMessageContaining("max.request.size is 16000 bytes");
  }

  @Test
  void a_limit_that_is_lowered_while_it_runs_is_told_and_read_again() throws Exception {
    try (Participant participant = participant().start()) {
      start(participant, "before 100", "");
      await("one completes")
          .until(() -> !topics.records("sized_completed", "before 100").isEmpty());
      limit("sized_completed", LIMIT);
      start(participant, "stays " + LIMIT, "");
      start(participant, "passes 100", "");
      await("health tells")
          .untilAsserted(
              () ->
                  assertThat(participant.health().trouble())
                      .contains("publishing to sized_completed of saga stays " + LIMIT));
      await("others are published")
          .until(() -> !topics.records("sized_completed", "passes 100").isEmpty());
      await("it alone stays in the outbox").until(() -> outbox() == 1);
      int[] tries = {0};
      await("the limits are read again, and the next is its handler's failure")
          .until(
              () -> {
                String sagaId = "next %d %d".formatted(tries[0]++, LIMIT);
                start(participant, sagaId, "");
                await("it is answered")
                    .until(
                        () ->
                            count(
                                    "choreography_journal WHERE saga_id = '%s' AND state IN ('CONFIRMED', 'FAILED')"
                                        .formatted(sagaId))
                                == 1);
                return failed(sagaId) != null;
              });
      limit("sized_completed", 1_048_588);
      await("it is published when its topic takes it")
          .until(() -> !topics.records("sized_completed", "stays " + LIMIT).isEmpty());
      await("the outbox is empty").until(() -> outbox() == 0);
      await("all is well").until(() -> participant.health().up());
    }
  }

  private static ConditionFactory await(String what) {
    return Awaitility.await(what).atMost(Duration.ofMinutes(2));
  }

  private static void start(Participant by, String sagaId, String payload) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      SagaStarter.Started started =
          by.starter(SIZED).start(connection, new SizedStarted(sagaId, payload));
      connection.commit();
      started.publish();
    }
  }

  private static @Nullable String failed(String sagaId) {
    return topics.records("sized_failed", sagaId).stream()
        .findFirst()
        .map(
            record -> {
              try {
                return ((SizedFailed) codec.decode("sized_failed", record.value())).getReason();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            })
        .orElse(null);
  }

  private static int outbox() throws SQLException {
    return count("choreography_outbox");
  }

  private static int count(String from) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery("SELECT count(*) FROM " + from)) {
      result.next();
      return result.getInt(1);
    }
  }

  /** Answers with as many bytes as the saga's name ends with. */
  private static final class Answering implements StepHandler<SizedStarted, SizedCompleted> {
    @Override
    public Outcome execute(SizedStarted request, StepContext saga) {
      String[] words = saga.sagaId().split(" ", -1);
      String last = words[words.length - 1];
      int size = last.matches("\\d+") ? Integer.parseInt(last) : 10;
      return Outcome.completed(new SizedCompleted(saga.sagaId(), "x".repeat(size)));
    }
  }
}
