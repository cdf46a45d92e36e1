// SPDX-License-Identifier: Apache-2.0
package orders;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Reserves the order's total of its customer's credit, and releases it. */
final class ReserveCredit implements StepHandler<OrderCreated, CreditReserved> {

  static final String TABLES =
      """
      CREATE TABLE customers (
        customer text PRIMARY KEY,
        credit_limit int NOT NULL,
        available int NOT NULL CHECK (available BETWEEN 0 AND credit_limit)
      );
      CREATE TABLE credit_reservations (
        order_id text PRIMARY KEY,
        customer text NOT NULL REFERENCES customers,
        amount int NOT NULL
      );
      """;

  /** Available or reserved; there is as much as there was, whatever happens. */
  static final String CREDIT =
      """
      SELECT (SELECT sum(available) FROM customers)
             + (SELECT coalesce(sum(amount), 0) FROM credit_reservations)
      """;

  /** Orders of one customer that compete wait here for one another. */
  private static final String AVAILABLE =
      "SELECT available FROM customers WHERE customer = ? FOR UPDATE";

  private static final String RESERVE =
      """
      WITH reserved AS (
        INSERT INTO credit_reservations (order_id, customer, amount) VALUES (?, ?, ?)
        RETURNING customer, amount)
      UPDATE customers SET available = available - amount
      FROM reserved WHERE customers.customer = reserved.customer
      """;

  private static final String RELEASE =
      """
      WITH released AS (
        DELETE FROM credit_reservations WHERE order_id = ? RETURNING customer, amount)
      UPDATE customers SET available = available + amount
      FROM released WHERE customers.customer = released.customer
      """;

  @Override
  public Outcome execute(OrderCreated order, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(AVAILABLE)) {
      statement.setString(1, order.getCustomer());
      try (ResultSet customer = statement.executeQuery()) {
        if (!customer.next()) {
          return failed(saga, "there is no customer " + order.getCustomer());
        }
        int available = customer.getInt(1);
        if (available < order.getTotal()) {
          return failed(saga, "%s has %s left".formatted(order.getCustomer(), available));
        }
      }
    }
    try (PreparedStatement statement = saga.connection().prepareStatement(RESERVE)) {
      statement.setString(1, saga.sagaId());
      statement.setString(2, order.getCustomer());
      statement.setInt(3, order.getTotal());
      statement.executeUpdate();
    }
    return Outcome.completed(new CreditReserved(saga.sagaId(), order.getTotal()));
  }

  @Override
  public CreditReleased compensate(CreditReserved reserved, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(RELEASE)) {
      statement.setString(1, saga.sagaId());
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException("%s has no credit to release".formatted(saga.sagaId()));
      }
    }
    return new CreditReleased(saga.sagaId(), "the order was not approved");
  }

  private static Outcome failed(StepContext saga, String reason) {
    return Outcome.rejected(new CreditReservationFailed(saga.sagaId(), reason));
  }
}
