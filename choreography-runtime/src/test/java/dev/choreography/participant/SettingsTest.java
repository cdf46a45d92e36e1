// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.RegistryGate;
import dev.choreography.testevents.SettingsCompleted;
import dev.choreography.testevents.SettingsFailed;
import dev.choreography.testevents.SettingsStarted;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.GroupType;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings of Kafka and the registry, as a participant starts with them. */
@ExtendWith(RealPrograms.class)
class SettingsTest {

  private static final String NAME = "settings";

  private static final Choreography SETTINGS =
      Choreography.named("settings")
          .startedBy(SettingsStarted.class)
          .step(
              "a",
              step ->
                  step.ownedBy(NAME)
                      .after(SettingsStarted.class)
                      .completes(SettingsCompleted.class)
                      .fails(SettingsFailed.class))
          .build();

  private static Properties kafka;
  private static HikariDataSource database;
  private static Admin admin;

  @BeforeAll
  static void open(LocalEnvironment environment) throws Exception {
    kafka = RealPrograms.kafka(environment);
    admin = Admin.create(kafka);
    Topics.create(admin, SETTINGS, 2, (short) 1);
    database = RealPrograms.pool(environment.createDatabase("settings"));
  }

  @AfterAll
  static void close() {
    admin.close();
    database.close();
  }

  private static ParticipantBuilder participant(String... settings) {
    Properties all = new Properties();
    all.putAll(kafka);
    for (int i = 0; i < settings.length; i += 2) {
      all.setProperty(settings[i], settings[i + 1]);
    }
    return Participant.named(NAME).hosts(SETTINGS, "a", new DoA()).database(database).kafka(all);
  }

  @Test
  void the_group_protocol_and_its_times_are_the_authors() throws Exception {
    try (Participant participant =
        participant(
                "group.protocol",
                "classic",
                "session.timeout.ms",
                "12000",
                "group.instance.id",
                "host",
                "partition.assignment.strategy",
                "org.apache.kafka.clients.consumer.RangeAssignor")
            .workers(2)
            .start()) {
      awaitUp(participant);
      ConsumerGroupDescription group =
          admin.describeConsumerGroups(List.of(NAME)).all().get().values().iterator().next();
      assertThat(group.type()).isEqualTo(GroupType.CLASSIC);
      assertThat(group.members())
          .extracting(MemberDescription::groupInstanceId)
          .extracting(id -> id.orElse("none"))
          .containsExactlyInAnyOrder("host-0", "host-1");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void a_registry_that_does_not_let_it_in_is_not_waited_for(int status) {
    try (RegistryGate gate = RegistryGate.alone()) {
      gate.answers(status, "");
      StartRefusedException refused =
          catchThrowableOfType(
              StartRefusedException.class,
              () ->
                  participant(
                          "schema.registry.url",
                          gate.url().replace("http://", "http://ann:s3cret-word@"))
                      .patience(Duration.ofDays(1))
                      .start()
                      .close());
      assertThat(refused).isNotNull();
      assertThat(refused.problems())
          .singleElement()
          .asString()
          .contains("refused for our credentials", "status " + status, gate.url())
          .doesNotContain("s3cret-word");
    }
  }

  @Test
  void a_registry_whose_list_begins_with_one_that_is_away_is_used() {
    String registry = kafka.getProperty("schema.registry.url");
    try (RegistryGate gate = RegistryGate.alone()) {
      gate.answers(502, "");
      participant("schema.registry.url", gate.url() + "," + registry).start().close();
      assertThat(gate.requests()).isNotEmpty();
    }
  }

  @Test
  void settings_that_cannot_be_honoured_are_refused_all_at_once() {
    StartRefusedException refused =
        catchThrowableOfType(
            StartRefusedException.class,
            () ->
                participant("transactional.id", "x", "acks", "1", "use.latest.version", "true")
                    .start()
                    .close());
    assertThat(refused).isNotNull();
    assertThat(refused.problems())
        .satisfiesExactlyInAnyOrder(
            p -> assertThat(p).startsWith("transactional.id is x"),
            p -> assertThat(p).startsWith("acks is 1"),
            p -> assertThat(p).startsWith("use.latest.version is true"));
  }

  private static void awaitUp(Participant participant) {
    Awaitility.await("all workers have joined")
        .atMost(Duration.ofMinutes(2))
        .until(() -> participant.health().up());
  }

  private static final class DoA implements StepHandler<SettingsStarted, SettingsCompleted> {
    @Override
    public Outcome execute(SettingsStarted request, StepContext saga) {
      return Outcome.completed(new SettingsCompleted(saga.sagaId()));
    }
  }
}
