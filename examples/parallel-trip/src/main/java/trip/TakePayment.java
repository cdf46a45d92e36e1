// SPDX-License-Identifier: Apache-2.0
package trip;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Takes the price of all three from the customer's account. It is the last step, so it never has to
 * undo: when it says no, the others do.
 */
final class TakePayment implements StepHandler<RoomReserved, TripPaid> {

  static final String TABLES =
      """
      CREATE TABLE accounts (
        customer text PRIMARY KEY,
        balance int NOT NULL CHECK (balance >= 0)
      );
      CREATE TABLE payments (
        saga_id text PRIMARY KEY,
        customer text NOT NULL REFERENCES accounts,
        amount int NOT NULL
      );
      """;

  /** The customers' or ours; there is as much as there was, whatever happens. */
  static final String MONEY =
      "SELECT (SELECT sum(balance) FROM accounts) + (SELECT coalesce(sum(amount), 0) FROM payments)";

  private static final String PAY =
      """
      WITH paid AS (
        UPDATE accounts SET balance = balance - ? WHERE customer = ? AND balance >= ?
        RETURNING customer)
      INSERT INTO payments (saga_id, customer, amount) SELECT ?, customer, ? FROM paid
      """;

  @Override
  public Outcome execute(RoomReserved room, StepContext saga) throws SQLException {
    // The join: all three have arrived, and this one is the first that was declared.
    int amount =
        room.getPrice()
            + saga.event(CarReserved.class).getPrice()
            + saga.event(SeatReserved.class).getPrice();
    try (PreparedStatement statement = saga.connection().prepareStatement(PAY)) {
      statement.setInt(1, amount);
      statement.setString(2, room.getCustomer());
      statement.setInt(3, amount);
      statement.setString(4, saga.sagaId());
      statement.setInt(5, amount);
      return statement.executeUpdate() == 1
          ? Outcome.completed(new TripPaid(saga.sagaId(), amount))
          : Outcome.rejected(
              new PaymentRefused(
                  saga.sagaId(), "%s cannot pay %s".formatted(room.getCustomer(), amount)));
    }
  }
}
