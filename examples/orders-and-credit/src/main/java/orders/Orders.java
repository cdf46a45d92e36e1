// SPDX-License-Identifier: Apache-2.0
package orders;

import dev.choreography.Choreography;
import java.time.Duration;

/** The declaration, all that the participants share: who begins has the last word, too. */
final class Orders {

  static final Choreography CHOREOGRAPHY =
      Choreography.named("orders_and_credit")
          .startedBy(OrderPlaced.class)
          .step(
              "create",
              step ->
                  step.ownedBy("order-service")
                      .after(OrderPlaced.class)
                      .completes(OrderCreated.class)
                      .fails(OrderRefused.class)
                      .compensates(OrderRejected.class))
          .step(
              "credit",
              step ->
                  step.ownedBy("customer-service")
                      .after(OrderCreated.class)
                      .completes(CreditReserved.class)
                      .fails(CreditReservationFailed.class)
                      .compensates(CreditReleased.class))
          .step(
              "approve",
              step ->
                  step.ownedBy("order-service")
                      .after(CreditReserved.class)
                      .completes(OrderApproved.class)
                      .fails(OrderApprovalFailed.class))
          .deadline(Duration.ofMinutes(10))
          .build();

  private Orders() {}
}
