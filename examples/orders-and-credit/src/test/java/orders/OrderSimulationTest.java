// SPDX-License-Identifier: Apache-2.0
package orders;

import dev.choreography.examples.LocalDatabases;
import dev.choreography.examples.ParticipantDatabase;
import dev.choreography.testkit.Simulated;
import dev.choreography.testkit.Simulation;
import java.util.Map;

/** Orders under all faults: in memory, many; with the real handlers on PostgreSQL, some. */
class OrderSimulationTest {

  /** Of the 100 orders of a round, which compete, there is credit for 60. */
  private static final int LIMIT = 2_400;

  private static final int TOTAL = 40;

  @Simulated(sagas = 10_000)
  void credit_is_available_or_reserved_for_one_order(Simulation simulation) {
    simulation.run(
        Orders.CHOREOGRAPHY,
        world -> {
          Map<String, Integer> available = world.table();
          Map<String, Integer> reservations = world.table();
          available.put("ann", LIMIT);
          world
              .starts(OrderSimulationTest::order)
              .<OrderPlaced>fakes(
                  "create", 0.05, order -> new OrderCreated(order.getSagaId(), "ann", TOTAL))
              .hosts("credit", new ReserveCreditFake(available, reservations))
              .<CreditReserved>fakes(
                  "approve", 0.1, credit -> new OrderApproved(credit.getSagaId()))
              .conserves(
                  "credit",
                  () ->
                      available.get("ann")
                          + reservations.values().stream().mapToInt(amount -> amount).sum());
        });
  }

  @Simulated(sagas = 300)
  void no_credit_is_lost_or_given_twice_and_no_order_stays_pending(Simulation simulation) {
    try (LocalDatabases databases = new LocalDatabases()) {
      ParticipantDatabase orders = databases.with(CreateOrder.TABLES);
      ParticipantDatabase customers = databases.with(ReserveCredit.TABLES);
      simulation.run(
          Orders.CHOREOGRAPHY,
          world -> {
            orders.execute(
                """
                TRUNCATE orders, cancellations;
                INSERT INTO cancellations SELECT 'saga-' || n FROM generate_series(1, 100, 10) n
                """);
            customers.execute(
                "TRUNCATE customers CASCADE; INSERT INTO customers VALUES ('ann', %1$d, %1$d)"
                    .formatted(LIMIT));
            world
                .starts(OrderSimulationTest::order)
                .hosts("create", new CreateOrder())
                .hosts("credit", new ReserveCredit())
                .hosts("approve", new ApproveOrder())
                .database("order-service", orders.source())
                .database("customer-service", customers.source())
                .conserves("credit", () -> customers.number(ReserveCredit.CREDIT))
                .conserves(
                    "no pending orders",
                    () -> orders.number("SELECT count(*) FROM orders WHERE status = 'PENDING'"));
          });
    }
  }

  private static OrderPlaced order(String id) {
    return new OrderPlaced(id, "ann", TOTAL);
  }
}
