// SPDX-License-Identifier: Apache-2.0
package orders;

import static orders.Orders.CHOREOGRAPHY;

import dev.choreography.examples.LocalRun;
import java.util.List;

/** Places some orders; exit code 0 only if those not approved left nothing behind. */
public final class OrdersAndCredit {

  private static final String CUSTOMERS =
      "INSERT INTO customers VALUES ('ann', 100, 100), ('bob', 50, 50)";
  private static final String CANCELLED = "INSERT INTO cancellations VALUES ('order-7')";

  private static final List<OrderPlaced> ORDERS =
      List.of(
          // These five compete: ann has credit for two of them.
          new OrderPlaced("order-1", "ann", 40),
          new OrderPlaced("order-2", "ann", 40),
          new OrderPlaced("order-3", "ann", 40),
          new OrderPlaced("order-4", "ann", 40),
          new OrderPlaced("order-5", "ann", 40),
          new OrderPlaced("order-6", "bob", 30),
          new OrderPlaced("order-7", "bob", 20), // bob has cancelled it by the time
          new OrderPlaced("order-8", "eve", 10), // whom nobody knows
          new OrderPlaced("order-9", "bob", 0));

  private OrdersAndCredit() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws Exception {
    boolean holds;
    try (LocalRun run = LocalRun.of(CHOREOGRAPHY)) {
      run.participant(
          "order-service",
          CreateOrder.TABLES + CANCELLED,
          service ->
              service
                  .hosts(CHOREOGRAPHY, "create", new CreateOrder())
                  .hosts(CHOREOGRAPHY, "approve", new ApproveOrder()));
      run.participant(
          "customer-service",
          ReserveCredit.TABLES + CUSTOMERS,
          service -> service.hosts(CHOREOGRAPHY, "credit", new ReserveCredit()).workers(2));

      run.conserves("customer-service", "credit", ReserveCredit.CREDIT);
      run.belongsToCompletedSagas("customer-service", "SELECT order_id FROM credit_reservations");
      run.belongsToCompletedSagas(
          "order-service", "SELECT order_id FROM orders WHERE status <> 'REJECTED'");

      for (OrderPlaced order : ORDERS) {
        run.start("order-service", order);
      }
      holds = run.conclude();
    }
    System.exit(holds ? 0 : 1);
  }
}
