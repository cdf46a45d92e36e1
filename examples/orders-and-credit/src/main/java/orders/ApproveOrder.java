// SPDX-License-Identifier: Apache-2.0
package orders;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Approves the order, unless its customer has cancelled it meanwhile. */
final class ApproveOrder implements StepHandler<CreditReserved, OrderApproved> {

  private static final String APPROVE =
      """
      UPDATE orders SET status = 'APPROVED'
      WHERE order_id = ? AND NOT EXISTS (
        SELECT 1 FROM cancellations WHERE cancellations.order_id = orders.order_id)
      """;

  @Override
  public Outcome execute(CreditReserved credit, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(APPROVE)) {
      statement.setString(1, saga.sagaId());
      return statement.executeUpdate() == 1
          ? Outcome.completed(new OrderApproved(saga.sagaId()))
          : Outcome.rejected(
              new OrderApprovalFailed(saga.sagaId(), "the customer has cancelled it"));
    }
  }
}
