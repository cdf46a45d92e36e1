// SPDX-License-Identifier: Apache-2.0
package points;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Adds points to a customer's account. Alone in its choreography, it never has to undo. */
final class GrantPoints implements StepHandler<PointsRequested, PointsGranted> {

  static final String TABLE =
      "CREATE TABLE IF NOT EXISTS accounts (customer text PRIMARY KEY, balance int NOT NULL)";

  private static final String ADD =
      """
      INSERT INTO accounts AS account (customer, balance) VALUES (?, ?)
      ON CONFLICT (customer) DO UPDATE SET balance = account.balance + excluded.balance
      RETURNING balance
      """;

  @Override
  public Outcome execute(PointsRequested request, StepContext saga) throws SQLException {
    if (request.getPoints() <= 0) {
      return Outcome.rejected(
          new PointsRefused(saga.sagaId(), request.getPoints() + " points are none"));
    }
    try (PreparedStatement statement = saga.connection().prepareStatement(ADD)) {
      statement.setString(1, request.getCustomer());
      statement.setInt(2, request.getPoints());
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        return Outcome.completed(new PointsGranted(saga.sagaId(), result.getInt(1)));
      }
    }
  }
}
