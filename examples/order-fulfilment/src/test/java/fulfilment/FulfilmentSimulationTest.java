// SPDX-License-Identifier: Apache-2.0
package fulfilment;

import dev.choreography.examples.LocalDatabases;
import dev.choreography.examples.ParticipantDatabase;
import dev.choreography.testkit.Simulated;
import dev.choreography.testkit.Simulation;
import java.util.Map;

/** Orders under all faults: in memory, many; with the real handlers on PostgreSQL, some. */
class FulfilmentSimulationTest {

  @Simulated(sagas = 10_000)
  void every_item_is_in_stock_or_packed_for_one_order(Simulation simulation) {
    simulation.run(
        Fulfilment.CHOREOGRAPHY,
        world -> {
          Map<String, Integer> stock = world.table();
          Map<String, Integer> packed = world.table();
          stock.put("chair", 170);
          world
              .starts(FulfilmentSimulationTest::order)
              .<OrderSubmitted>fakes(
                  "payment", 0.1, o -> new PaymentProcessed(o.getSagaId(), 30, "chair", 2, "AT"))
              .hosts("inventory", new UpdateInventoryFake(stock, packed))
              .<InventoryUpdated>fakes(
                  "shipment", 0.1, order -> new ShipmentCreated(order.getSagaId()))
              .conserves(
                  "items",
                  () -> stock.get("chair") + packed.values().stream().mapToInt(n -> n).sum());
        });
  }

  /** Of the 100 orders of a round 95 can be paid and 85 packed; every tenth cannot be shipped. */
  @Simulated(sagas = 200)
  void no_money_and_no_item_is_lost(Simulation simulation) {
    try (LocalDatabases databases = new LocalDatabases()) {
      ParticipantDatabase payments = databases.with(ProcessPayment.TABLES);
      ParticipantDatabase inventory = databases.with(UpdateInventory.TABLES);
      ParticipantDatabase shipping = databases.with(CreateShipment.TABLES);
      simulation.run(
          Fulfilment.CHOREOGRAPHY,
          world -> {
            payments.execute(
                "TRUNCATE accounts CASCADE; INSERT INTO accounts VALUES ('ann', 2850)");
            inventory.execute("TRUNCATE stock CASCADE; INSERT INTO stock VALUES ('chair', 170)");
            shipping.execute("TRUNCATE carriers CASCADE; INSERT INTO carriers VALUES ('AT', 'P')");
            world
                .starts(FulfilmentSimulationTest::order)
                .hosts("payment", new ProcessPayment())
                .hosts("inventory", new UpdateInventory())
                .hosts("shipment", new CreateShipment())
                .database("payment-service", payments.source())
                .database("inventory-service", inventory.source())
                .database("shipping-service", shipping.source())
                .conserves("money", () -> payments.number(ProcessPayment.MONEY))
                .conserves("items", () -> inventory.number(UpdateInventory.ITEMS));
          });
    }
  }

  private static OrderSubmitted order(String id) {
    return new OrderSubmitted(id, "ann", 30, "chair", 2, id.endsWith("0") ? "AQ" : "AT");
  }
}
