// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.RetryPolicy;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.StepOptions;
import dev.choreography.avro.AvroSerializer;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.RegistryGate;
import dev.choreography.testbed.Topic;
import dev.choreography.testevents.BarredCompleted;
import dev.choreography.testevents.BarredFailed;
import dev.choreography.testevents.BarredStarted;
import dev.choreography.testevents.GatedOne;
import dev.choreography.testevents.GatedOneFailed;
import dev.choreography.testevents.GatedOneUndone;
import dev.choreography.testevents.GatedStarted;
import dev.choreography.testevents.GatedTwo;
import dev.choreography.testevents.GatedTwoFailed;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.serialization.Serializer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A registry that refuses schemas: at the start, and while a participant runs. */
@ExtendWith(RealPrograms.class)
class RefusedSchemasTest {

  /** More than the timers take up at once. */
  private static final int MANY = 120;

  private static final Choreography BARRED =
      Choreography.named("barred")
          .startedBy(BarredStarted.class)
          .step(
              "a",
              step ->
                  step.ownedBy("barred")
                      .after(BarredStarted.class)
                      .completes(BarredCompleted.class)
                      .fails(BarredFailed.class))
          .build();

  private static final Choreography GATED =
      Choreography.named("gated")
          .startedBy(GatedStarted.class)
          .step(
              "one",
              step ->
                  step.ownedBy("gated")
                      .after(GatedStarted.class)
                      .completes(GatedOne.class)
                      .fails(GatedOneFailed.class)
                      .compensates(GatedOneUndone.class))
          .step(
              "two",
              step ->
                  step.ownedBy("gated")
                      .after(GatedOne.class)
                      .completes(GatedTwo.class)
                      .fails(GatedTwoFailed.class))
          .deadline(Duration.ofHours(1))
          .build();

  private static final StepOptions SHORT_PAUSES =
      StepOptions.defaults()
          .withExecution(
              RetryPolicy.defaults()
                  .withAttempts(2)
                  .withPauses(Duration.ofMillis(50), Duration.ofSeconds(1)));

  @Test
  void a_participant_whose_schemas_are_refused_does_not_start_and_says_what_the_registry_said(
      LocalEnvironment environment) throws Exception {
    Properties kafka = RealPrograms.kafka(environment);
    String registry = environment.registryUrl();
    String parked = "barred_control-dev.choreography.control.Parked";
    create(kafka, BARRED);
    for (String subject : List.of("barred_failed-value", parked)) {
      assertThat(
              send(
                      registry,
                      "POST",
                      "/subjects/" + subject + "/versions",
                      "{\"schema\": \"{\\\"type\\\": \\\"record\\\", \\\"name\\\": \\\"Other\\\", \\\"fields\\\": []}\"}")
                  .statusCode())
          .isEqualTo(200);
    }
    try (HikariDataSource database = RealPrograms.pool(environment.createDatabase("barred"))) {
      ParticipantBuilder participant =
          Participant.named("barred")
              .hosts(BARRED, "a", new Barred())
              .database(database)
              .kafka(kafka);
      StartRefusedException refused =
          catchThrowableOfType(StartRefusedException.class, () -> participant.start().close());
      assertThat(refused).isNotNull();
      assertThat(refused.problems())
          .satisfiesExactlyInAnyOrder(
              p -> assertThat(p).contains("subject barred_failed-value", "status 409", "ncompatib"),
              p -> assertThat(p).contains("subject " + parked, "status 409"));

      for (String subject : List.of("barred_failed-value", parked)) {
        send(registry, "PUT", "/config/" + subject, "{\"compatibility\": \"NONE\"}");
      }
      participant.start().close();
    }
    Stream.of(
            "barred_started-value",
            "barred_completed-value",
            "barred_failed-value",
            "barred_control-dev.choreography.control.Cancel",
            "barred_control-dev.choreography.control.Retry",
            "barred_control-dev.choreography.control.Resolve",
            parked)
        .forEach(
            subject ->
                assertThat(
                        send(registry, "GET", "/subjects/" + subject + "/versions/latest", "")
                            .statusCode())
                    .as("a foreign client finds %s before any saga has run", subject)
                    .isEqualTo(200));
  }

  @Test
  void sagas_whose_events_are_refused_later_wait_and_are_told_and_all_others_go_on(
      LocalEnvironment environment) throws Exception {
    Properties kafka = RealPrograms.kafka(environment);
    create(kafka, GATED);
    try (RegistryGate gate = RegistryGate.before(environment.registryUrl());
        HikariDataSource database = RealPrograms.pool(environment.createDatabase("gated"));
        Topic topics = Topic.on(kafka)) {
      kafka.setProperty("schema.registry.url", gate.url());
      kafka.setProperty("value.serializer", Forgetful.class.getName());
      try (Participant participant =
          Participant.named("gated")
              .hosts(GATED, "one", new One(), SHORT_PAUSES)
              .hosts(GATED, "two", new Two(), SHORT_PAUSES)
              .database(database)
              .kafka(kafka)
              .start()) {
        refuse(gate, "gated_one_failed-value", "gated_two-value");
        for (int i = 0; i < MANY; i++) {
          start(participant, database, "bad " + i);
        }
        start(participant, database, "held");
        await("all of them wait")
            .until(
                () ->
                    number(database, "state = 'RETRYING' AND step = 'one'") == MANY
                        && number(database, "state = 'RETRYING' AND step = 'two'") == 1);
        await("health tells")
            .untilAsserted(
                () ->
                    assertThat(participant.health().trouble())
                        .contains("gated_one_failed-value", "gated_two-value", "status 409"));
        assertThat(participant.health().up()).isFalse();
        int asked = gate.requests().size();
        await("it is asked again and again").until(() -> gate.requests().size() > asked + 20);

        Forgetful.forget();
        refuse(gate, "gated_one_failed-value");
        for (int i = 0; i < 20; i++) {
          start(participant, database, "good " + i);
        }
        start(participant, database, "second try");
        await("others complete, also those that need a retry")
            .until(() -> number(database, "state = 'CONFIRMED' AND step = 'two'") == 22);
        assertThat(number(database, "state = 'RETRYING' AND step = 'one'")).isEqualTo(MANY);
        assertThat(topics.records("gated_one_failed")).isEmpty();
        assertThat(topics.records("gated_two_failed")).as("nothing is given up").isEmpty();
        assertThat(topics.records("gated_one_undone")).as("nothing is compensated").isEmpty();

        Forgetful.forget();
        gate.forwards();
        await("all end").until(() -> number(database, "state = 'FAILED'") == MANY);
        await("all is well").until(() -> participant.health().up());
        await("each has said so once")
            .untilAsserted(() -> assertThat(topics.records("gated_one_failed")).hasSize(MANY));
      }
    }
  }

  private static void refuse(RegistryGate gate, String... subjects) {
    Forgetful.forget();
    gate.answers(
        request ->
            Stream.of(subjects)
                    .anyMatch(
                        subject -> request.path().equals("/subjects/" + subject + "/versions"))
                ? new RegistryGate.Answer(
                    409, "{\"error_code\": 409, \"message\": \"Incompatible schema\"}")
                : null);
  }

  private static ConditionFactory await(String what) {
    return Awaitility.await(what).atMost(Duration.ofMinutes(2));
  }

  private static void create(Properties kafka, Choreography choreography) throws Exception {
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, choreography, 1, (short) 1);
    }
  }

  private static void start(Participant by, HikariDataSource database, String sagaId)
      throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      SagaStarter.Started started = by.starter(GATED).start(connection, new GatedStarted(sagaId));
      connection.commit();
      started.publish();
    }
  }

  private static int number(HikariDataSource database, String where) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery("SELECT count(*) FROM choreography_journal WHERE " + where)) {
      result.next();
      return result.getInt(1);
    }
  }

  private static HttpResponse<String> send(
      String registry, String method, String path, String body) {
    try {
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(URI.create(registry + path))
                  .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                  .method(method, HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The framework's own, which can be made to ask the registry anew, as others' caches do. */
  public static final class Forgetful implements Serializer<SpecificRecord> {
    private static final AtomicInteger GENERATION = new AtomicInteger();

    private final Map<Integer, AvroSerializer> serializers = new ConcurrentHashMap<>();
    private Map<String, ?> configuration = Map.of();

    static void forget() {
      int ignored = GENERATION.incrementAndGet();
    }

    @Override
    public void configure(Map<String, ?> given, boolean isKey) {
      configuration = given;
    }

    @Override
    public byte @Nullable [] serialize(String topic, SpecificRecord event) {
      return serializers
          .computeIfAbsent(
              GENERATION.get(),
              number -> {
                AvroSerializer fresh = new AvroSerializer();
                fresh.configure(configuration, false);
                return fresh;
              })
          .serialize(topic, event);
    }
  }

  private static final class Barred implements StepHandler<BarredStarted, BarredCompleted> {
    @Override
    public Outcome execute(BarredStarted request, StepContext saga) {
      return Outcome.completed(new BarredCompleted(saga.sagaId()));
    }
  }

  private static final class One implements StepHandler<GatedStarted, GatedOne> {
    @Override
    public Outcome execute(GatedStarted request, StepContext saga) {
      if (saga.sagaId().startsWith("bad")
          || (saga.sagaId().equals("second try") && saga.attempt() == 1)) {
        throw new IllegalStateException("as the test wants it");
      }
      return Outcome.completed(new GatedOne(saga.sagaId(), "done"));
    }

    @Override
    public SpecificRecord compensate(GatedOne completed, StepContext saga) {
      return new GatedOneUndone(saga.sagaId(), "undone");
    }
  }

  private static final class Two implements StepHandler<GatedOne, GatedTwo> {
    @Override
    public Outcome execute(GatedOne request, StepContext saga) {
      return Outcome.completed(new GatedTwo(saga.sagaId(), "done"));
    }
  }
}
