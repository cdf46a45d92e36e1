// SPDX-License-Identifier: Apache-2.0
package orders;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Creates the order, pending; where it comes to nothing it stays, rejected. */
final class CreateOrder implements StepHandler<OrderPlaced, OrderCreated> {

  static final String TABLES =
      """
      CREATE TABLE orders (
        order_id text PRIMARY KEY,
        customer text NOT NULL,
        total int NOT NULL CHECK (total > 0),
        status text NOT NULL CHECK (status IN ('PENDING', 'APPROVED', 'REJECTED'))
      );
      -- Orders that their customers do not want any more.
      CREATE TABLE cancellations (order_id text PRIMARY KEY);
      """;

  private static final String CREATE =
      "INSERT INTO orders (order_id, customer, total, status) VALUES (?, ?, ?, 'PENDING')";

  private static final String REJECT =
      "UPDATE orders SET status = 'REJECTED' WHERE order_id = ? AND status = 'PENDING'";

  @Override
  public Outcome execute(OrderPlaced order, StepContext saga) throws SQLException {
    if (order.getTotal() <= 0) {
      return Outcome.rejected(
          new OrderRefused(saga.sagaId(), "a total of %s".formatted(order.getTotal())));
    }
    try (PreparedStatement statement = saga.connection().prepareStatement(CREATE)) {
      statement.setString(1, saga.sagaId());
      statement.setString(2, order.getCustomer());
      statement.setInt(3, order.getTotal());
      statement.executeUpdate();
    }
    return Outcome.completed(
        new OrderCreated(saga.sagaId(), order.getCustomer(), order.getTotal()));
  }

  @Override
  public OrderRejected compensate(OrderCreated created, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(REJECT)) {
      statement.setString(1, saga.sagaId());
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException("order %s is not pending".formatted(saga.sagaId()));
      }
    }
    return new OrderRejected(saga.sagaId(), "the order could not be approved");
  }
}
