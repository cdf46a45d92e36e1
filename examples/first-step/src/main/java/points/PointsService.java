// SPDX-License-Identifier: Apache-2.0
package points;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.kafka.Topics;
import dev.choreography.participant.Participant;
import dev.choreography.participant.SagaStarter;
import java.sql.Connection;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;

/** Hosts the step, starts the sagas that its arguments name, and stays until Ctrl-C. */
public final class PointsService {

  static final Choreography POINTS =
      Choreography.named("points")
          .version(1)
          .startedBy(PointsRequested.class)
          .step(
              "grant",
              step ->
                  step.ownedBy("points-service")
                      .after(PointsRequested.class)
                      .completes(PointsGranted.class)
                      .fails(PointsRefused.class))
          .build();

  private PointsService() {}

  /** Arguments: the ids of sagas to start. */
  public static void main(String[] sagas) throws Exception {
    Properties kafka = new Properties();
    kafka.setProperty("bootstrap.servers", System.getenv("KAFKA_BOOTSTRAP_SERVERS"));
    kafka.setProperty("schema.registry.url", System.getenv("SCHEMA_REGISTRY_URL"));
    HikariDataSource database = new HikariDataSource();
    database.setJdbcUrl(System.getenv("DATABASE_URL"));
    try (Connection connection = database.getConnection()) {
      connection.createStatement().execute(GrantPoints.TABLE);
    }
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, POINTS, 3, (short) 1);
    }

    Participant participant =
        Participant.named("points-service")
            .hosts(POINTS, "grant", new GrantPoints())
            .database(database)
            .kafka(kafka)
            .start();
    Runtime.getRuntime().addShutdownHook(new Thread(participant::close));

    for (String saga : sagas) {
      try (Connection connection = database.getConnection()) {
        connection.setAutoCommit(false);
        SagaStarter.Started started =
            participant.starter(POINTS).start(connection, new PointsRequested(saga, "ann", 10));
        connection.commit();
        started.publish();
      }
    }
  }
}
