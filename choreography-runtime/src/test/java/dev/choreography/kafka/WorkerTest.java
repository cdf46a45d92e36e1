// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.StepOptions;
import dev.choreography.engine.DueTimes;
import dev.choreography.engine.Emitter;
import dev.choreography.engine.EventCodec;
import dev.choreography.engine.HostedStep;
import dev.choreography.engine.Inbox;
import dev.choreography.engine.Intake;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxId;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Published;
import dev.choreography.jdbc.JdbcJournal;
import dev.choreography.jdbc.Migrations;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testevents.CompletedD;
import dev.choreography.testevents.FailedD;
import dev.choreography.testevents.Fillable;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@ExtendWith(RealPrograms.class)
class WorkerTest {

  /** Its start is on a topic that no other test uses. */
  private static final Choreography ALONE =
      Choreography.named("worker_test")
          .startedBy(Fillable.class)
          .step(
              "a",
              step ->
                  step.ownedBy("worker-test")
                      .after(Fillable.class)
                      .completes(CompletedD.class)
                      .fails(FailedD.class))
          .build();

  private static final String TOPIC = ALONE.start().topic();

  /** A bug of ours, or of a serde. */
  private static final class Broken implements EventCodec {
    @Override
    public SpecificRecord decode(String topic, byte[] value) {
      throw new IllegalStateException("broken");
    }

    @Override
    public byte[] encode(String topic, SpecificRecord event) {
      throw new IllegalStateException("broken");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void a_worker_that_ends_by_an_error_counts_nothing_of_its_batch_as_read(
      boolean newGroupProtocol, LocalEnvironment environment) throws Exception {
    Properties kafka = RealPrograms.kafka(environment);
    KafkaSettings settings = KafkaSettings.of(kafka);
    String group = "worker-that-dies-" + newGroupProtocol;
    try (Admin admin = Admin.create(kafka);
        KafkaRelay relay = new KafkaRelay(settings, Topics.deadLetters(group));
        Intake intake = intake(relay);
        HikariDataSource database =
            RealPrograms.pool(environment.createDatabase("worker_" + newGroupProtocol))) {
      Migrations.apply(database);
      if (!admin.listTopics().names().get().contains(TOPIC)) {
        admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
      }
      produce(settings);
      Worker worker =
          new Worker(
              new Subscription(settings, group, newGroupProtocol, Set.of(TOPIC)),
              intake,
              new JdbcJournal(database),
              relay,
              new ObservedTopics(settings, List.of(ALONE)),
              Clock.systemUTC());
      assertThatThrownBy(worker::run).hasMessageContaining("broken");
      assertThat(worker.trouble()).contains("stopped by an error");
      assertThat(
              admin
                  .listConsumerGroupOffsets(group)
                  .partitionsToOffsetAndMetadata()
                  .get()
                  .values()
                  .stream()
                  .mapToLong(offset -> offset.offset()))
          .allMatch(offset -> offset == 0);
      assertThat(new JdbcJournal(database).positions(List.of(TOPIC))).isEmpty();
    }
  }

  @Test
  void a_topic_that_is_not_there_is_left_alone_and_told_and_the_others_are_published(
      LocalEnvironment environment) throws Exception {
    Properties kafka = RealPrograms.kafka(environment);
    kafka.setProperty("max.block.ms", "1500");
    kafka.setProperty("max.request.size", "2000000");
    Published published = new Published();
    try (Admin admin = Admin.create(kafka);
        KafkaRelay relay = new KafkaRelay(KafkaSettings.of(kafka), "none")) {
      admin.createTopics(List.of(new NewTopic("relay_there", 1, (short) 1))).all().get();
      List<OutboxRow> rows = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        rows.add(row(2L * i, "relay_gone", 10));
        rows.add(row(2L * i + 1, "relay_there", 10));
      }
      rows.add(row(1_000, "relay_there", 1_500_000));
      relay.publish(rows, published::add);
      relay.flush();
      assertThat(published.take()).hasSize(100).allMatch(id -> id.number() % 2 == 1);
      assertThat(relay.unreachable()).containsExactly("relay_gone");
      assertThat(relay.trouble())
          .contains("publishing to relay_gone: ", "publishing to relay_there of saga 1000: ");
    }
  }

  private static OutboxRow row(long id, String topic, int size) {
    return new OutboxRow(
        new OutboxId(0, id), new OutboxEvent(topic, "" + id, new byte[size], Map.of()));
  }

  @Test
  void a_record_as_large_as_its_reason_is_quoted_in_part() {
    assertThat(KafkaRelay.shortened("x".repeat(2_000))).hasSize(1_003).endsWith("...");
    assertThat(KafkaRelay.shortened("short")).isEqualTo("short");
  }

  private static Intake intake(KafkaRelay relay) {
    Broken codec = new Broken();
    HostedStep step =
        new HostedStep(
            ALONE,
            0,
            (request, saga) -> {
              throw new IllegalStateException("never called");
            },
            false,
            StepOptions.defaults());
    return new Intake(
        "worker-test",
        new Inbox(List.of(step), codec),
        new JdbcJournal(new HikariDataSource()),
        relay,
        new Published(),
        new Emitter("worker-test", codec, Clock.systemUTC()),
        new DueTimes());
  }

  private static void produce(KafkaSettings settings) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            settings.admin(), new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(TOPIC, new byte[] {'s'}, new byte[] {0})).get();
    }
  }
}
