// SPDX-License-Identifier: Apache-2.0
package fulfilment;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Takes the order's amount from the customer's account, and refunds it: both stay on record. */
final class ProcessPayment implements StepHandler<OrderSubmitted, PaymentProcessed> {

  static final String TABLES =
      """
      CREATE TABLE accounts (
        customer text PRIMARY KEY,
        balance int NOT NULL CHECK (balance >= 0)
      );
      CREATE TABLE payments (
        order_id text PRIMARY KEY,
        customer text NOT NULL REFERENCES accounts,
        amount int NOT NULL,
        status text NOT NULL CHECK (status IN ('PAID', 'REFUNDED'))
      );
      """;

  /** The customers' or ours; there is as much as there was, whatever happens. */
  static final String MONEY =
      """
      SELECT (SELECT sum(balance) FROM accounts)
             + (SELECT coalesce(sum(amount), 0) FROM payments WHERE status = 'PAID')
      """;

  private static final String PAY =
      """
      WITH paid AS (
        UPDATE accounts SET balance = balance - ? WHERE customer = ? AND balance >= ?
        RETURNING customer)
      INSERT INTO payments (order_id, customer, amount, status)
      SELECT ?, customer, ?, 'PAID' FROM paid
      """;

  private static final String REFUND =
      """
      WITH refunded AS (
        UPDATE payments SET status = 'REFUNDED' WHERE order_id = ? AND status = 'PAID'
        RETURNING customer, amount)
      UPDATE accounts SET balance = balance + amount
      FROM refunded WHERE accounts.customer = refunded.customer
      """;

  @Override
  public Outcome execute(OrderSubmitted order, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(PAY)) {
      statement.setInt(1, order.getAmount());
      statement.setString(2, order.getCustomer());
      statement.setInt(3, order.getAmount());
      statement.setString(4, saga.sagaId());
      statement.setInt(5, order.getAmount());
      if (statement.executeUpdate() != 1) {
        return Outcome.rejected(
            new PaymentDeclined(
                saga.sagaId(),
                "%s cannot pay %s".formatted(order.getCustomer(), order.getAmount())));
      }
    }
    return Outcome.completed(
        new PaymentProcessed(
            saga.sagaId(),
            order.getAmount(),
            order.getItem(),
            order.getQuantity(),
            order.getCountry()));
  }

  @Override
  public PaymentRefunded compensate(PaymentProcessed paid, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(REFUND)) {
      statement.setString(1, saga.sagaId());
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException("%s has no payment to refund".formatted(saga.sagaId()));
      }
    }
    return new PaymentRefunded(saga.sagaId(), "the order cannot be fulfilled");
  }
}
