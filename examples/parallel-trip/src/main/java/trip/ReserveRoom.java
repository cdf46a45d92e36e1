// SPDX-License-Identifier: Apache-2.0
package trip;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Takes a room, and gives it back. */
final class ReserveRoom implements StepHandler<TripRequested, RoomReserved> {

  static final String TABLES =
      """
      CREATE TABLE hotels (
        hotel text PRIMARY KEY,
        price int NOT NULL,
        free int NOT NULL CHECK (free >= 0)
      );
      CREATE TABLE room_reservations (
        saga_id text PRIMARY KEY,
        hotel text NOT NULL REFERENCES hotels
      );
      """;

  /** Free or reserved; there are as many as there were, whatever happens. */
  static final String ROOMS =
      "SELECT (SELECT sum(free) FROM hotels) + (SELECT count(*) FROM room_reservations)";

  private static final String RESERVE =
      """
      WITH taken AS (
        UPDATE hotels SET free = free - 1 WHERE hotel = ? AND free > 0
        RETURNING hotel, price),
      reserved AS (
        INSERT INTO room_reservations (saga_id, hotel) SELECT ?, hotel FROM taken)
      SELECT price FROM taken
      """;

  private static final String RELEASE =
      """
      WITH released AS (
        DELETE FROM room_reservations WHERE saga_id = ? RETURNING hotel)
      UPDATE hotels SET free = free + 1 FROM released WHERE hotels.hotel = released.hotel
      """;

  @Override
  public Outcome execute(TripRequested trip, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(RESERVE)) {
      statement.setString(1, trip.getHotel());
      statement.setString(2, saga.sagaId());
      try (ResultSet reserved = statement.executeQuery()) {
        return reserved.next()
            ? Outcome.completed(
                new RoomReserved(saga.sagaId(), trip.getCustomer(), reserved.getInt(1)))
            : Outcome.rejected(new RoomRefused(saga.sagaId(), "no room left: " + trip.getHotel()));
      }
    }
  }

  @Override
  public RoomReleased compensate(RoomReserved reserved, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(RELEASE)) {
      statement.setString(1, saga.sagaId());
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException("%s has no room to release".formatted(saga.sagaId()));
      }
    }
    return new RoomReleased(saga.sagaId(), "the trip does not take place");
  }
}
