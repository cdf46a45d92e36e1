// SPDX-License-Identifier: Apache-2.0
package dev.choreography.readme;

import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.participant.Participant;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.CarBooked;
import dev.choreography.tripbooking.CarBookingFailed;
import dev.choreography.tripbooking.FlightBooked;
import dev.choreography.tripbooking.FlightBookingFailed;
import dev.choreography.tripbooking.FlightCompensated;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import javax.sql.DataSource;

/** What the README shows, so that it compiles. */
final class Example {

  private Example() {}

  // tag declaration
  static final Choreography TRIP =
      Choreography.named("short_trip")
          .version(1)
          .startedBy(BookingStarted.class)
          .step(
              "flight",
              step ->
                  step.ownedBy("flight-service")
                      .after(BookingStarted.class)
                      .completes(FlightBooked.class)
                      .fails(FlightBookingFailed.class)
                      .compensates(FlightCompensated.class))
          .step(
              "car",
              step ->
                  step.ownedBy("car-service")
                      .after(FlightBooked.class)
                      .completes(CarBooked.class)
                      .fails(CarBookingFailed.class))
          .deadline(Duration.ofMinutes(10))
          .build();

  // end

  // tag handler
  static final class BookFlight implements StepHandler<BookingStarted, FlightBooked> {

    @Override
    public Outcome execute(BookingStarted request, StepContext saga) throws SQLException {
      String flight = request.getTrip().getFlightId();
      return update(saga, "available - 1 WHERE available > 0", flight)
          ? Outcome.completed(new FlightBooked(saga.sagaId(), request.getTrip(), saga.sagaId(), 1))
          : Outcome.rejected(new FlightBookingFailed(saga.sagaId(), flight + " is sold out"));
    }

    @Override
    public FlightCompensated compensate(FlightBooked booked, StepContext saga) throws SQLException {
      update(saga, "available + 1 WHERE true", booked.getTrip().getFlightId());
      return new FlightCompensated(saga.sagaId(), "the seat is free again", saga.sagaId());
    }

    private static boolean update(StepContext saga, String change, String flight)
        throws SQLException {
      String sql = "UPDATE flights SET available = " + change + " AND flight_id = ?";
      try (PreparedStatement statement = saga.connection().prepareStatement(sql)) {
        statement.setString(1, flight);
        return statement.executeUpdate() == 1;
      }
    }
  }

  // end

  static Participant start(DataSource dataSource, Properties kafka) {
    // tag participant
    Participant participant =
        Participant.named("flight-service")
            .hosts(TRIP, "flight", new BookFlight())
            .database(dataSource)
            .kafka(kafka) // bootstrap.servers, schema.registry.url
            .start();
    // end
    return participant;
  }
}
