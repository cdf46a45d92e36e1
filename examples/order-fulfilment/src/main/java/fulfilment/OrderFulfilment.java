// SPDX-License-Identifier: Apache-2.0
package fulfilment;

import static fulfilment.Fulfilment.CHOREOGRAPHY;

import dev.choreography.examples.LocalRun;
import java.util.List;

/** Fulfils some orders; exit code 0 only if those that failed left nothing behind. */
public final class OrderFulfilment {

  private static final String ACCOUNTS = "INSERT INTO accounts VALUES ('ann', 500), ('bob', 50)";
  private static final String STOCK = "INSERT INTO stock VALUES ('chair', 10), ('lamp', 1)";
  private static final String CARRIERS =
      "INSERT INTO carriers VALUES ('AT', 'Post'), ('PT', 'Correios')";

  private static final List<OrderSubmitted> ORDERS =
      List.of(
          new OrderSubmitted("order-1", "ann", 120, "chair", 4, "AT"),
          new OrderSubmitted("order-2", "ann", 60, "chair", 2, "PT"),
          new OrderSubmitted("order-3", "bob", 90, "chair", 3, "AT"), // bob has 50
          new OrderSubmitted("order-4", "ann", 80, "lamp", 2, "AT"), // there is one
          new OrderSubmitted("order-5", "ann", 30, "chair", 1, "AQ")); // nobody delivers there

  private OrderFulfilment() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws Exception {
    boolean holds;
    try (LocalRun run = LocalRun.of(CHOREOGRAPHY)) {
      run.participant(
          "payment-service",
          ProcessPayment.TABLES + ACCOUNTS,
          service -> service.hosts(CHOREOGRAPHY, "payment", new ProcessPayment()));
      run.participant(
          "inventory-service",
          UpdateInventory.TABLES + STOCK,
          service -> service.hosts(CHOREOGRAPHY, "inventory", new UpdateInventory()));
      run.participant(
          "shipping-service",
          CreateShipment.TABLES + CARRIERS,
          service -> service.hosts(CHOREOGRAPHY, "shipment", new CreateShipment()));
      run.participant("shop", "", shop -> shop.starts(CHOREOGRAPHY));

      run.conserves("payment-service", "money", ProcessPayment.MONEY);
      run.conserves("inventory-service", "items", UpdateInventory.ITEMS);
      run.belongsToCompletedSagas(
          "payment-service", "SELECT order_id FROM payments WHERE status = 'PAID'");
      run.belongsToCompletedSagas("inventory-service", "SELECT order_id FROM packed");
      run.belongsToCompletedSagas("shipping-service", "SELECT order_id FROM shipments");

      for (OrderSubmitted order : ORDERS) {
        run.start("shop", order);
      }
      holds = run.conclude();
    }
    System.exit(holds ? 0 : 1);
  }
}
