// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.participant.Participant;
import dev.choreography.participant.ParticipantBuilder;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;

/**
 * A participant of the {@link Tour} as a program, which hosts its step in one version or both.
 *
 * <p>Arguments: its name; the versions that it hosts, as in {@code 1,2}; and, where it is not the
 * newest of them, the version in which it begins sagas.
 */
final class TourProgram {

  private TourProgram() {}

  /** Takes the addresses from the environment, as the services do. */
  public static void main(String[] arguments) {
    String name = arguments[0];
    HikariConfig database = new HikariConfig();
    database.setJdbcUrl(System.getenv("DATABASE_URL"));
    database.setUsername(System.getenv("DATABASE_USER"));
    database.setPassword(System.getenv("DATABASE_PASSWORD"));
    database.setMaximumPoolSize(4);
    Properties kafka = new Properties();
    kafka.setProperty("bootstrap.servers", System.getenv("KAFKA_BOOTSTRAP_SERVERS"));
    kafka.setProperty("schema.registry.url", System.getenv("SCHEMA_REGISTRY_URL"));
    ParticipantBuilder builder =
        Participant.named(name).database(new HikariDataSource(database)).kafka(kafka);
    StepHandler<?, ?> handler = name.equals("car") ? new Hold(name) : new HoldAndFree(name);
    for (String version : arguments[1].split(",", -1)) {
      builder.hosts(version(version), name, handler);
    }
    Stream.of(arguments).skip(2).forEach(version -> builder.adopts(version(version)));
    Participant participant = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(participant::close));
    System.out.println(String.join(" ", List.of(arguments)) + " is up");
  }

  private static Choreography version(String number) {
    return number.equals("1") ? Tour.FIRST : Tour.SECOND;
  }

  /** Takes one from the stock; what was taken for a refused saga, the framework puts back. */
  private static class Hold implements StepHandler<SpecificRecord, SpecificRecord> {
    final String step;

    Hold(String step) {
      this.step = step;
    }

    @Override
    public Outcome execute(SpecificRecord request, StepContext saga) throws SQLException {
      change(saga, "UPDATE stock SET available = available - 1 WHERE ? <> ''");
      change(saga, "INSERT INTO held (saga_id, status) VALUES (?, 'held')");
      return Tour.refuses(step, saga.sagaId())
          ? Outcome.rejected(Tour.refused(step, saga.sagaId()))
          : Outcome.completed(Tour.completed(step, saga.sagaId()));
    }

    @Override
    public void confirm(SpecificRecord completed, StepContext saga) throws SQLException {
      change(saga, "UPDATE held SET status = 'booked' WHERE saga_id = ? AND status = 'held'");
    }

    static void change(StepContext saga, String sql) throws SQLException {
      try (PreparedStatement statement = saga.connection().prepareStatement(sql)) {
        statement.setString(1, saga.sagaId());
        if (statement.executeUpdate() != 1) {
          throw new IllegalStateException(saga.sagaId() + " has no row for: " + sql);
        }
      }
    }
  }

  private static final class HoldAndFree extends Hold {
    HoldAndFree(String step) {
      super(step);
    }

    @Override
    public SpecificRecord compensate(SpecificRecord completed, StepContext saga)
        throws SQLException {
      change(saga, "DELETE FROM held WHERE saga_id = ? AND status = 'held'");
      change(saga, "UPDATE stock SET available = available + 1 WHERE ? <> ''");
      return Tour.undone(step, saga.sagaId());
    }
  }
}
