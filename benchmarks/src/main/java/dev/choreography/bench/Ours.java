// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.local.Database;
import dev.choreography.participant.Participant;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.FlightCompensated;
import dev.choreography.tripbooking.TripBooking;
import java.sql.SQLException;
import java.util.List;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/** The runtime with the trivial business in the place of the flight step, as an author would. */
final class Ours implements Side {

  /** One for the worker, one for the framework's housekeeping, and some to spare. */
  private static final int CONNECTIONS = 5;

  private final UnaryOperator<DataSource> watched;

  Ours() {
    this(UnaryOperator.identity());
  }

  /** On a data source that is looked at on the way. */
  Ours(UnaryOperator<DataSource> watched) {
    this.watched = watched;
  }

  @Override
  public String name() {
    return "ours";
  }

  @Override
  public String group() {
    return "flight-service";
  }

  @Override
  public List<String> topics() {
    return List.of(Trips.STARTED);
  }

  @Override
  public String recorded() {
    return "SELECT count(*) FROM choreography_journal WHERE state <> 'NONE'";
  }

  @Override
  public Running start(Stage stage, Database database) {
    HikariDataSource pool = pool(database, CONNECTIONS);
    Participant participant =
        Participant.named("flight-service")
            .hosts(TripBooking.CHOREOGRAPHY, "flight", new CountFlight())
            .database(watched.apply(pool))
            .kafka(stage.kafka())
            .start();
    return new Running() {
      @Override
      public void requireRunning() {
        // Until it has joined its group it is not up either; an end by an error names itself.
        if (participant.health().trouble().contains("stopped")) {
          throw new IllegalStateException(participant.health().trouble());
        }
      }

      @Override
      public void close() {
        participant.close();
        pool.close();
      }
    };
  }

  static HikariDataSource pool(Database database, int connections) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(database.jdbcUrl());
    config.setUsername(database.user());
    config.setPassword(database.password());
    config.setMaximumPoolSize(connections);
    return new HikariDataSource(config);
  }

  private static final class CountFlight implements StepHandler<BookingStarted, FlightBooked> {
    @Override
    public Outcome execute(BookingStarted request, StepContext saga) throws SQLException {
      Tally.add(saga.connection(), saga.sagaId());
      return Outcome.completed(
          new FlightBooked(saga.sagaId(), request.getTrip(), saga.sagaId(), 1));
    }

    @Override
    public FlightCompensated compensate(FlightBooked booked, StepContext saga) {
      throw new IllegalStateException("nothing fails in this measurement");
    }
  }
}
