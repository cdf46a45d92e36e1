// SPDX-License-Identifier: Apache-2.0
package trip;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Takes a car, and gives it back. */
final class ReserveCar implements StepHandler<TripRequested, CarReserved> {

  static final String TABLES =
      """
      CREATE TABLE cars (
        car text PRIMARY KEY,
        price int NOT NULL,
        free int NOT NULL CHECK (free >= 0)
      );
      CREATE TABLE car_reservations (
        saga_id text PRIMARY KEY,
        car text NOT NULL REFERENCES cars
      );
      """;

  /** Free or reserved; there are as many as there were, whatever happens. */
  static final String CARS =
      "SELECT (SELECT sum(free) FROM cars) + (SELECT count(*) FROM car_reservations)";

  private static final String RESERVE =
      """
      WITH taken AS (
        UPDATE cars SET free = free - 1 WHERE car = ? AND free > 0
        RETURNING car, price),
      reserved AS (
        INSERT INTO car_reservations (saga_id, car) SELECT ?, car FROM taken)
      SELECT price FROM taken
      """;

  private static final String RELEASE =
      """
      WITH released AS (
        DELETE FROM car_reservations WHERE saga_id = ? RETURNING car)
      UPDATE cars SET free = free + 1 FROM released WHERE cars.car = released.car
      """;

  @Override
  public Outcome execute(TripRequested trip, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(RESERVE)) {
      statement.setString(1, trip.getCar());
      statement.setString(2, saga.sagaId());
      try (ResultSet reserved = statement.executeQuery()) {
        return reserved.next()
            ? Outcome.completed(new CarReserved(saga.sagaId(), reserved.getInt(1)))
            : Outcome.rejected(new CarRefused(saga.sagaId(), "no car left: " + trip.getCar()));
      }
    }
  }

  @Override
  public CarReleased compensate(CarReserved reserved, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(RELEASE)) {
      statement.setString(1, saga.sagaId());
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException("%s has no car to release".formatted(saga.sagaId()));
      }
    }
    return new CarReleased(saga.sagaId(), "the trip does not take place");
  }
}
