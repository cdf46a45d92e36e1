// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testevents.CompensatedA;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.CompletedB;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.FailedB;
import dev.choreography.testevents.Started;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(RealPrograms.class)
class ChainTest {

  private static final Choreography CHAIN =
      Choreography.named("chain")
          .startedBy(Started.class)
          .step(
              "a",
              step ->
                  step.ownedBy("one")
                      .after(Started.class)
                      .completes(CompletedA.class)
                      .fails(FailedA.class)
                      .compensates(CompensatedA.class))
          .step(
              "b",
              step ->
                  step.ownedBy("two")
                      .after(CompletedA.class)
                      .completes(CompletedB.class)
                      .fails(FailedB.class))
          .deadline(Duration.ofMinutes(5))
          .build();

  @Test
  void a_saga_completes_and_another_unwinds_and_what_was_done_is_measured(
      LocalEnvironment environment) throws Exception {
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Properties kafka = RealPrograms.kafka(environment);
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, CHAIN, 3, (short) 1);
    }
    try (HikariDataSource one = RealPrograms.pool(environment.createDatabase("one"));
        HikariDataSource two = RealPrograms.pool(environment.createDatabase("two"));
        Participant first =
            Participant.named("one")
                .hosts(CHAIN, "a", new DoA())
                .database(one)
                .kafka(kafka)
                .meters(meters)
                .start();
        Participant second =
            Participant.named("two")
                .hosts(CHAIN, "b", new DoB())
                .database(two)
                .kafka(kafka)
                .meters(meters)
                .start()) {
      try (Connection connection = one.getConnection()) {
        connection.setAutoCommit(false);
        SagaStarter.Started s = first.starter(CHAIN).start(connection, new Started("good", "good"));
        SagaStarter.Started t = first.starter(CHAIN).start(connection, new Started("bad", "bad"));
        connection.commit();
        s.publish();
        t.publish();
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(states(one))
                      .containsEntry("good", "CONFIRMED")
                      .containsEntry("bad", "COMPENSATED"));
      assertThat(states(two)).containsEntry("good", "CONFIRMED").containsEntry("bad", "FAILED");
      assertThat(second.health().up()).isTrue();
      // Other tests' sagas are on these topics, too.
      Awaitility.await("every step that came to its end is counted")
          .untilAsserted(
              () -> {
                assertThat(steps(meters, "a", "compensated", "confirmed")).isEqualTo(ends(one));
                assertThat(steps(meters, "b", "confirmed", "failed")).isEqualTo(ends(two));
              });
      assertThat(meters.get("choreography.handler").tags("step", "a", "method", "execute").timer())
          .satisfies(timer -> assertThat(timer.count()).isGreaterThanOrEqualTo(2));
      Awaitility.await("what was published is forgotten")
          .untilAsserted(
              () ->
                  assertThat(meters.get("choreography.outbox.events").gauges())
                      .hasSize(2)
                      .allMatch(gauge -> gauge.value() == 0));
      String scraped = meters.scrape();
      assertThat(namesIn(Files.readString(Path.of("../docs/grafana-dashboard.json"))))
          .isNotEmpty()
          .allSatisfy(name -> assertThat(scraped).contains(name));
    }
  }

  private static Map<String, Long> steps(MeterRegistry meters, String step, String... outcomes) {
    return Stream.of(outcomes)
        .collect(
            Collectors.toMap(
                outcome -> outcome,
                outcome ->
                    (long)
                        meters
                            .get("choreography.steps")
                            .tags("step", step, "outcome", outcome)
                            .counter()
                            .count()));
  }

  private static Map<String, Long> ends(HikariDataSource database) throws Exception {
    return states(database).values().stream()
        .collect(
            Collectors.groupingBy(state -> state.toLowerCase(Locale.ROOT), Collectors.counting()));
  }

  /** The series that the dashboard asks for. */
  private static Set<String> namesIn(String dashboard) {
    return Pattern.compile("choreography_[a-z_]+")
        .matcher(dashboard)
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toSet());
  }

  private static Map<String, String> states(HikariDataSource database) throws Exception {
    Map<String, String> states = new TreeMap<>();
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT saga_id, state FROM choreography_journal")) {
      while (rows.next()) {
        states.put(rows.getString(1), rows.getString(2));
      }
    }
    return states;
  }

  private static final class DoA implements StepHandler<Started, CompletedA> {
    @Override
    public Outcome execute(Started request, StepContext saga) {
      return Outcome.completed(new CompletedA(saga.sagaId(), request.getPayload()));
    }

    @Override
    public SpecificRecord compensate(CompletedA completed, StepContext saga) {
      return new CompensatedA(saga.sagaId(), "undone");
    }
  }

  private static final class DoB implements StepHandler<CompletedA, CompletedB> {
    @Override
    public Outcome execute(CompletedA request, StepContext saga) {
      return request.getResult().equals("bad")
          ? Outcome.rejected(new FailedB(saga.sagaId(), "bad"))
          : Outcome.completed(new CompletedB(saga.sagaId(), request.getResult()));
    }
  }
}
