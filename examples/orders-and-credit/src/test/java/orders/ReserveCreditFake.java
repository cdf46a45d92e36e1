// SPDX-License-Identifier: Apache-2.0
package orders;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.util.Map;

/** {@link ReserveCredit} with tables of the simulation. */
record ReserveCreditFake(Map<String, Integer> available, Map<String, Integer> reservations)
    implements StepHandler<OrderCreated, CreditReserved> {

  @Override
  public Outcome execute(OrderCreated order, StepContext saga) {
    if (available.merge(order.getCustomer(), -order.getTotal(), Integer::sum) < 0) {
      return Outcome.rejected(new CreditReservationFailed(saga.sagaId(), "not that much left"));
    }
    reservations.put(saga.sagaId(), order.getTotal());
    return Outcome.completed(new CreditReserved(saga.sagaId(), order.getTotal()));
  }

  @Override
  public CreditReleased compensate(CreditReserved reserved, StepContext saga) {
    Integer amount = reservations.remove(saga.sagaId());
    if (amount == null) {
      throw new IllegalStateException("%s has no credit to release".formatted(saga.sagaId()));
    }
    available.merge("ann", amount, Integer::sum);
    return new CreditReleased(saga.sagaId(), "the order was not approved");
  }
}
