// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.SettableClock;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.Started;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A participant's clock beside those of its database and of the broker. */
@ExtendWith(RealPrograms.class)
@Timeout(300)
class ClockTest {

  private static final String NAME = "clocks";
  private static final Choreography CLOCKS =
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
    Topics.create(admin, CLOCKS, 3, (short) 1);
  }

  @AfterAll
  static void close() {
    admin.close();
    database.close();
  }

  private static Participant started(Duration ahead) {
    return Participant.named(NAME)
        .hosts(CLOCKS, "a", new DoA())
        .database(database)
        .kafka(kafka)
        .clock(Clock.offset(Clock.systemUTC(), ahead))
        .start();
  }

  @Test
  void a_clock_that_is_two_hours_off_is_told_and_the_participant_works() {
    try (Participant ahead = started(Duration.ofHours(2))) {
      assertThat(ahead.health().warnings())
          .satisfiesExactly(
              w ->
                  assertThat(w).contains("ahead of the database's").containsPattern("PT(2H|1H59M)"),
              w -> assertThat(w).contains("ahead of the broker's").containsPattern("PT(2H|1H59M)"));
      await().atMost(Duration.ofMinutes(2)).until(() -> ahead.health().up());
    }
    try (Participant behind = started(Duration.ofHours(-2))) {
      assertThat(behind.health().warnings())
          .satisfiesExactly(
              w -> assertThat(w).contains("behind the database's").containsPattern("PT(2H|1H59M)"),
              w -> assertThat(w).contains("behind the broker's").containsPattern("PT(2H|1H59M)"));
    }
  }

  @Test
  void clocks_that_agree_are_not_told() {
    try (Participant started = started(Duration.ZERO)) {
      assertThat(started.health().warnings()).isEmpty();
    }
  }

  @Test
  void where_producers_date_the_declarations_the_brokers_clock_is_not_judged() throws Exception {
    set("CreateTime");
    try (Participant ahead = started(Duration.ofHours(2))) {
      assertThat(ahead.health().warnings()).singleElement().asString().contains("the database's");
    } finally {
      set("LogAppendTime");
    }
  }

  private static void set(String timestampType) throws Exception {
    ConfigEntry entry = new ConfigEntry("message.timestamp.type", timestampType);
    admin
        .incrementalAlterConfigs(
            Map.of(
                new ConfigResource(ConfigResource.Type.TOPIC, Topics.CHOREOGRAPHIES),
                List.of(new AlterConfigOp(entry, AlterConfigOp.OpType.SET))))
        .all()
        .get();
  }

  @Test
  void what_is_mended_is_warned_of_no_more_and_a_slow_answer_is_no_difference() {
    Instant there = Instant.parse("2026-11-20T12:00:00Z");
    SettableClock clock = new SettableClock(there.minusSeconds(5));
    AtomicInteger asked = new AtomicInteger();
    ClockComparison clocks =
        new ClockComparison(
            NAME,
            clock,
            () -> {
              if (asked.incrementAndGet() == 4) {
                clock.advance(Duration.ofMinutes(2));
              }
              return there;
            },
            null);
    clocks.run();
    assertThat(clocks.warnings()).singleElement().asString().contains("PT5S behind");
    clock.set(there.plusMillis(4_999));
    clocks.run();
    assertThat(clocks.warnings()).isEmpty();
    clock.set(there.plusSeconds(5));
    clocks.run();
    assertThat(clocks.warnings()).singleElement().asString().contains("PT5S ahead");
    clock.set(there.minusSeconds(60));
    clocks.run();
    assertThat(clocks.warnings()).as("it was told within two minutes").isEmpty();
  }

  @Test
  void a_clock_that_is_away_keeps_what_was_said_of_it() {
    SettableClock clock = new SettableClock(Instant.EPOCH);
    AtomicInteger asked = new AtomicInteger();
    ClockComparison clocks =
        new ClockComparison(
            NAME,
            clock,
            () -> {
              if (asked.incrementAndGet() > 1) {
                throw new IllegalStateException("away");
              }
              return Instant.EPOCH.plusSeconds(10);
            },
            null);
    clocks.run();
    clocks.run();
    assertThat(clocks.warnings()).hasSize(1);
  }

  private static final class DoA implements StepHandler<Started, CompletedA> {
    @Override
    public Outcome execute(Started request, StepContext saga) {
      return Outcome.completed(new CompletedA(saga.sagaId(), ""));
    }
  }
}
