// SPDX-License-Identifier: Apache-2.0
package fulfilment;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Takes the items out of stock, and puts them back. */
final class UpdateInventory implements StepHandler<PaymentProcessed, InventoryUpdated> {

  static final String TABLES =
      """
      CREATE TABLE stock (
        item text PRIMARY KEY,
        quantity int NOT NULL CHECK (quantity >= 0)
      );
      CREATE TABLE packed (
        order_id text PRIMARY KEY,
        item text NOT NULL REFERENCES stock,
        quantity int NOT NULL
      );
      """;

  /** In stock or packed; there are as many as there were, whatever happens. */
  static final String ITEMS =
      """
      SELECT (SELECT sum(quantity) FROM stock) + (SELECT coalesce(sum(quantity), 0) FROM packed)
      """;

  private static final String PACK =
      """
      WITH taken AS (
        UPDATE stock SET quantity = quantity - ? WHERE item = ? AND quantity >= ?
        RETURNING item)
      INSERT INTO packed (order_id, item, quantity) SELECT ?, item, ? FROM taken
      """;

  private static final String RESTORE =
      """
      WITH unpacked AS (
        DELETE FROM packed WHERE order_id = ? RETURNING item, quantity)
      UPDATE stock SET quantity = stock.quantity + unpacked.quantity
      FROM unpacked WHERE stock.item = unpacked.item
      """;

  @Override
  public Outcome execute(PaymentProcessed order, StepContext saga) throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(PACK)) {
      statement.setInt(1, order.getQuantity());
      statement.setString(2, order.getItem());
      statement.setInt(3, order.getQuantity());
      statement.setString(4, saga.sagaId());
      statement.setInt(5, order.getQuantity());
      return statement.executeUpdate() == 1
          ? Outcome.completed(
              new InventoryUpdated(
                  saga.sagaId(), order.getItem(), order.getQuantity(), order.getCountry()))
          : Outcome.rejected(
              new OutOfStock(
                  saga.sagaId(), "not %s of %s".formatted(order.getQuantity(), order.getItem())));
    }
  }

  @Override
  public InventoryRestored compensate(InventoryUpdated packed, StepContext saga)
      throws SQLException {
    try (PreparedStatement statement = saga.connection().prepareStatement(RESTORE)) {
      statement.setString(1, saga.sagaId());
      if (statement.executeUpdate() != 1) {
        throw new IllegalStateException("nothing is packed for %s".formatted(saga.sagaId()));
      }
    }
    return new InventoryRestored(saga.sagaId(), "the order cannot be shipped");
  }
}
