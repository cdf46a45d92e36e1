// SPDX-License-Identifier: Apache-2.0
package trip;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Takes a seat, and gives it back. */
final class ReserveSeat implements StepHandler<TripRequested, SeatReserved> {

  static final String TABLES =
      """
      CREATE TABLE flights (
        flight text PRIMARY KEY,
        price int NOT NULL,
        free int NOT NULL CHECK (free >= 0)
      );
      CREATE TABLE seat_reservations (
        saga_id text PRIMARY KEY,
        flight text NOT NULL REFERENCES flights
      );
      """;

  /** Free or reserved; there are as many as there were, whatever happens. */
  static final String SEATS =
      "SELECT (SELECT sum(free) FROM flights) + (SELECT count(*) FROM seat_reservations)";

  private static final String RESERVE =
      """
      WITH taken AS (
        UPDATE flights SET free = free - 1 WHERE flight = ? AND free > 0
        RETURNING flight, price),
      reserved AS (
        INSERT INTO seat_reservations (saga_id, flight) SELECT ?, flight FROM taken)
      SELECT price FROM taken
      """;

  private static final String RELEASE =
      """
      WITH released AS (
        DELETE FROM seat_reservations WHERE saga_id = ? RETURNING flight)
      UPDATE flights SET free = free + 1 FROM released WHERE flights.flight = released.flight
      """;

  @Override
  public Outcome execute(TripRequested trip, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(RESERVE)) {
      statement.setString(1, trip.getFlight());
      statement.setString(2, saga.sagaId());
      try (ResultSet reserved = statement.executeQuery()) {
        return reserved.next()
            ? Outcome.completed(new SeatReserved(saga.sagaId(), reserved.getInt(1)))
            : Outcome.rejected(new SeatRefused(saga.sagaId(), "no seat left: " + trip.getFlight()));
      }
    }
  }

  @Override
  public SeatReleased compensate(SeatReserved reserved, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(RELEASE)) {
      statement.setString(1, saga.sagaId());
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException("%s has no seat to release".formatted(saga.sagaId()));
      }
    }
    return new SeatReleased(saga.sagaId(), "the trip does not take place");
  }
}
