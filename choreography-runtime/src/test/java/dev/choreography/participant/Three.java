// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.kafka.Topics;
import dev.choreography.testbed.Sagas;
import dev.choreography.testbed.Scripted;
import dev.choreography.testevents.CompletedB;
import dev.choreography.testevents.CompletedC;
import dev.choreography.testevents.FailedC;
import dev.choreography.testevents.Started;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;

/**
 * A chain of three steps with a participant each, and a program that runs the first of them. Knows
 * nothing of OpenTelemetry, so that it runs where none is.
 */
final class Three {

  /** The saga that the last step rejects. */
  static final String REJECTED = "trace-bad";

  static final Choreography CHOREOGRAPHY = Sagas.chain("traced", "trace-a", "trace-b", "trace-c");

  private Three() {}

  /** Takes the addresses of database, Kafka and registry. */
  public static void main(String[] args) throws Exception {
    try {
      Class.forName("io.opentelemetry.api.OpenTelemetry");
      throw new IllegalStateException("OpenTelemetry is there");
    } catch (ClassNotFoundException asIntended) {
      System.out.println("without OpenTelemetry");
    }
    Properties kafka = new Properties();
    kafka.setProperty("bootstrap.servers", args[3]);
    kafka.setProperty("schema.registry.url", args[4]);
    try (HikariDataSource database = new HikariDataSource()) {
      database.setJdbcUrl(args[0]);
      database.setUsername(args[1]);
      database.setPassword(args[2]);
      try (Participant participant = participant("a", database, kafka).start()) {
        start(participant, database, "untraced");
        Awaitility.await()
            .atMost(Duration.ofSeconds(30))
            .until(() -> participant.health().steps() > 0);
        System.out.println("it has run");
      }
    }
  }

  static ParticipantBuilder participant(String step, HikariDataSource database, Properties kafka) {
    return Participant.named("trace-" + step)
        .hosts(CHOREOGRAPHY, step, handler(CHOREOGRAPHY.step(step)))
        .database(database)
        .kafka(kafka);
  }

  private static StepHandler<?, ?> handler(Step step) {
    return step.name().equals("c")
        ? new DoC()
        : new Scripted(step, (request, saga) -> Scripted.done(step, saga), (completed, saga) -> {});
  }

  private static final class DoC implements StepHandler<CompletedB, CompletedC> {
    @Override
    public Outcome execute(CompletedB request, StepContext saga) {
      return saga.sagaId().equals(REJECTED)
          ? Outcome.rejected(new FailedC(saga.sagaId(), "no"))
          : Outcome.completed(new CompletedC(saga.sagaId(), "done"));
    }
  }

  static void create(Properties kafka) throws Exception {
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, CHOREOGRAPHY, 3, (short) 1);
    }
  }

  static void start(Participant by, HikariDataSource database, String sagaId) throws SQLException {
    try (Connection connection = database.getConnection()) {
      connection.setAutoCommit(false);
      SagaStarter.Started started =
          by.starter(CHOREOGRAPHY).start(connection, new Started(sagaId, "go"));
      connection.commit();
      started.publish();
    }
  }
}
