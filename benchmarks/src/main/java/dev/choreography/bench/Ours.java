// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.BatchStepHandler;
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

/**
 * The runtime with the trivial business in the place of the flight step, as an author would: with
 * the batch form of a handler, or with the single one.
 */
final class Ours implements Side {

  /** Beside those of the workers: for the framework's housekeeping, and some to spare. */
  private static final int MORE_CONNECTIONS = 4;

  private final String name;
  private final StepHandler<BookingStarted, FlightBooked> handler;
  private final UnaryOperator<DataSource> watched;
  private final int workers;

  private Ours(
      String name,
      StepHandler<BookingStarted, FlightBooked> handler,
      UnaryOperator<DataSource> watched,
      int workers) {
    this.name = name;
    this.handler = handler;
    this.watched = watched;
    this.workers = workers;
  }

  /** One call for many sagas. */
  static Ours batch(int workers) {
    return new Ours(Figure.OURS, new CountFlights(), UnaryOperator.identity(), workers);
  }

  /** One call for many sagas, on a data source that is looked at on the way. */
  static Ours batch(UnaryOperator<DataSource> watched) {
    return new Ours(Figure.OURS, new CountFlights(), watched, 1);
  }

  /** One call for each saga. */
  static Ours single(String name, int workers) {
    return new Ours(name, new CountFlight(), UnaryOperator.identity(), workers);
  }

  @Override
  public String name() {
    return name;
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
  public Running start(Stage stage, Database database) throws InterruptedException {
    stage.release(group());
    HikariDataSource pool = pool(database, workers + MORE_CONNECTIONS);
    Participant participant =
        Participant.named("flight-service")
            .workers(workers)
            .hosts(TripBooking.CHOREOGRAPHY, "flight", handler)
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

  private static final class CountFlights
      implements BatchStepHandler<BookingStarted, FlightBooked> {
    @Override
    public List<Outcome> executeAll(List<Request<BookingStarted>> requests) throws SQLException {
      List<String> sagas = requests.stream().map(request -> request.saga().sagaId()).toList();
      Tally.addAll(requests.get(0).saga().connection(), sagas);
      return requests.stream()
          .map(
              request -> {
                String saga = request.saga().sagaId();
                return Outcome.completed(
                    new FlightBooked(saga, request.event().getTrip(), saga, 1));
              })
          .toList();
    }

    @Override
    public FlightCompensated compensate(FlightBooked booked, StepContext saga) {
      throw new IllegalStateException("nothing fails in this measurement");
    }
  }
}
