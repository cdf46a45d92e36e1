// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.kafka.Declarations;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.Started;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Topics that would lose what is on them, or carry two kinds of things: refused at the start. */
@ExtendWith(RealPrograms.class)
@Timeout(300)
class TopicChecksTest {

  private static final String NAME = "policies";
  private static final Choreography POLICIES =
      Choreography.named(NAME)
          .startedBy(Started.class)
          .step(
              "a",
              step ->
                  step.ownedBy(NAME)
                      .after(Started.class)
                      .completes(CompletedA.class)
                      .fails(FailedA.class))
          .build();

  private static Properties kafka;
  private static HikariDataSource database;
  private static Admin admin;

  @BeforeAll
  static void open(LocalEnvironment environment) throws Exception {
    kafka = RealPrograms.kafka(environment);
    database = RealPrograms.pool(environment.createDatabase(NAME));
    admin = Admin.create(kafka);
    Topics.create(admin, POLICIES, 3, (short) 1);
  }

  @AfterAll
  static void close() {
    admin.close();
    database.close();
  }

  private static ParticipantBuilder participant() {
    return Participant.named(NAME)
        .database(database)
        .kafka(kafka)
        .patience(Duration.ZERO)
        .hosts(POLICIES, "a", new DoA());
  }

  private static List<String> problems(ParticipantBuilder participant) {
    StartRefusedException refused =
        catchThrowableOfType(StartRefusedException.class, () -> participant.start().close());
    assertThat(refused).as("it refuses").isNotNull();
    return refused.problems();
  }

  private static void set(String topic, String setting, String value) throws Exception {
    alter(topic, new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET));
  }

  private static void unset(String topic, String setting) throws Exception {
    alter(topic, new AlterConfigOp(new ConfigEntry(setting, ""), AlterConfigOp.OpType.DELETE));
  }

  private static void alter(String topic, AlterConfigOp change) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all().get();
  }

  /** What a program for operators says of the same topics. */
  private static List<String> verified() throws Exception {
    List<String> problems = new ArrayList<>();
    Topics.check(admin, Declarations.declared(POLICIES), problems);
    return problems;
  }

  @Test
  void an_event_topic_that_is_compacted_or_forgets_by_size_is_refused() throws Exception {
    String topic = POLICIES.controlTopic();
    assertThat(verified()).isEmpty();
    set(topic, "cleanup.policy", "compact,delete");
    set(topic, "retention.bytes", "1000000");
    try {
      assertThat(problems(participant()))
          .satisfiesExactlyInAnyOrder(
              p -> assertThat(p).contains(topic + " is compacted", "set cleanup.policy to delete"),
              p -> assertThat(p).contains(topic, "1000000 bytes", "set retention.bytes to -1"));
      assertThat(verified()).hasSize(2);
    } finally {
      unset(topic, "cleanup.policy");
      unset(topic, "retention.bytes");
    }
    participant().start().close();
  }

  @Test
  void dead_letters_that_are_compacted_are_refused() throws Exception {
    String topic = Topics.deadLetters(NAME);
    set(topic, "cleanup.policy", "compact");
    try {
      assertThat(problems(participant()))
          .singleElement()
          .asString()
          .contains(topic + " is compacted", "takes no dead letter without a key");
      assertThat(verified()).singleElement().asString().contains(topic);
    } finally {
      unset(topic, "cleanup.policy");
    }
  }

  @Test
  void declarations_that_may_be_forgotten_are_refused() throws Exception {
    for (String policy : List.of("delete", "compact,delete")) {
      set(Topics.CHOREOGRAPHIES, "cleanup.policy", policy);
      try {
        assertThat(problems(participant()))
            .singleElement()
            .asString()
            .contains("choreographies has cleanup.policy=" + policy, "set it to compact");
        assertThat(verified()).singleElement().asString().contains(Topics.CHOREOGRAPHIES);
      } finally {
        set(Topics.CHOREOGRAPHIES, "cleanup.policy", "compact");
      }
    }
  }

  @Test
  void one_topic_for_two_classes_of_events_is_refused() {
    Choreography other =
        Choreography.named("others")
            .startedBy(Started.class)
            .step(
                "a",
                step ->
                    step.ownedBy(NAME)
                        .after(Started.class)
                        .completes(dev.choreography.testevents.elsewhere.CompletedA.class)
                        .fails(FailedA.class))
            .build();
    assertThat(problems(participant().hosts(other, "a", new DoAnything())))
        .filteredOn(problem -> !problem.contains("does not exist"))
        .singleElement()
        .asString()
        .contains("topic completed_a would carry")
        .contains("testevents.CompletedA of policies", "elsewhere.CompletedA of others");
  }

  private static final class DoA implements StepHandler<Started, CompletedA> {
    @Override
    public Outcome execute(Started request, StepContext saga) {
      return Outcome.completed(new CompletedA(saga.sagaId(), ""));
    }
  }

  private static final class DoAnything implements StepHandler<SpecificRecord, SpecificRecord> {
    @Override
    public Outcome execute(SpecificRecord request, StepContext saga) {
      return Outcome.completed(request);
    }
  }
}
