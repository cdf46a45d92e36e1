// SPDX-License-Identifier: Apache-2.0
package fulfilment;

import dev.choreography.Choreography;
import java.time.Duration;

/** The declaration, all that the participants share: a chain of three. */
final class Fulfilment {

  static final Choreography CHOREOGRAPHY =
      Choreography.named("order_fulfilment")
          .startedBy(OrderSubmitted.class)
          .step(
              "payment",
              step ->
                  step.ownedBy("payment-service")
                      .after(OrderSubmitted.class)
                      .completes(PaymentProcessed.class)
                      .fails(PaymentDeclined.class)
                      .compensates(PaymentRefunded.class))
          .step(
              "inventory",
              step ->
                  step.ownedBy("inventory-service")
                      .after(PaymentProcessed.class)
                      .completes(InventoryUpdated.class)
                      .fails(OutOfStock.class)
                      .compensates(InventoryRestored.class))
          .step(
              "shipment",
              step ->
                  step.ownedBy("shipping-service")
                      .after(InventoryUpdated.class)
                      .completes(ShipmentCreated.class)
                      .fails(ShipmentFailed.class))
          .deadline(Duration.ofMinutes(10))
          .build();

  private Fulfilment() {}
}
