// SPDX-License-Identifier: Apache-2.0
package fulfilment;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.util.Map;

/** {@link UpdateInventory} with tables of the simulation. */
record UpdateInventoryFake(Map<String, Integer> stock, Map<String, Integer> packed)
    implements StepHandler<PaymentProcessed, InventoryUpdated> {

  @Override
  public Outcome execute(PaymentProcessed order, StepContext saga) {
    if (stock.merge(order.getItem(), -order.getQuantity(), Integer::sum) < 0) {
      return Outcome.rejected(new OutOfStock(saga.sagaId(), "not that many"));
    }
    packed.put(saga.sagaId(), order.getQuantity());
    return Outcome.completed(
        new InventoryUpdated(
            saga.sagaId(), order.getItem(), order.getQuantity(), order.getCountry()));
  }

  @Override
  public InventoryRestored compensate(InventoryUpdated order, StepContext saga) {
    if (packed.remove(saga.sagaId()) == null) {
      throw new IllegalStateException("nothing is packed for %s".formatted(saga.sagaId()));
    }
    stock.merge(order.getItem(), order.getQuantity(), Integer::sum);
    return new InventoryRestored(saga.sagaId(), "the order cannot be shipped");
  }
}
