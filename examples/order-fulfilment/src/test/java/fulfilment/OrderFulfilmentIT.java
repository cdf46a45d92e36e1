// SPDX-License-Identifier: Apache-2.0
package fulfilment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.examples.Output;
import dev.choreography.examples.Readme;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The program, run once as its README says, on real Kafka and PostgreSQL. */
class OrderFulfilmentIT {

  private static Output output;

  @BeforeAll
  static void run() throws Exception {
    output = new Readme().run();
  }

  @Test
  void it_says_that_what_was_promised_holds() {
    assertThat(output.exitCode()).as(output.toString()).isZero();
    assertThat(output.lines())
        .last()
        .isEqualTo("What stands belongs to 2 completed sagas; 3 left nothing behind.");
  }

  @Test
  void an_order_is_paid_then_packed_then_shipped() {
    String whole =
        "completed    order_submitted, payment_processed, inventory_updated, shipment_created";
    assertThat(output.path("order-1")).isEqualTo(whole);
    assertThat(output.path("order-2")).isEqualTo(whole);
    assertThat(output.table("shipments of shipping-service"))
        .containsExactly("order-1 Post AT", "order-2 Correios PT");
  }

  @Test
  void an_order_that_cannot_be_paid_has_nothing_to_undo() {
    assertThat(output.path("order-3"))
        .isEqualTo("compensated  order_submitted, payment_declined (bob cannot pay 90)");
  }

  @Test
  void an_order_that_is_out_of_stock_is_refunded() {
    assertThat(output.path("order-4"))
        .isEqualTo(
            "compensated  order_submitted, payment_processed, out_of_stock (not 2 of lamp), payment_refunded");
  }

  @Test
  void an_order_that_cannot_be_shipped_is_restored_and_then_refunded() {
    assertThat(output.path("order-5"))
        .isEqualTo(
            "compensated  order_submitted, payment_processed, inventory_updated, shipment_failed (nobody delivers to AQ), inventory_restored, payment_refunded");
  }

  @Test
  void money_and_stock_are_as_the_two_fulfilled_orders_leave_them() {
    assertThat(output.table("accounts of payment-service")).containsExactly("ann 320", "bob 50");
    assertThat(output.table("payments of payment-service"))
        .containsExactly(
            "order-1 ann 120 PAID",
            "order-2 ann 60 PAID",
            "order-4 ann 80 REFUNDED",
            "order-5 ann 30 REFUNDED");
    assertThat(output.table("stock of inventory-service")).containsExactly("chair 4", "lamp 1");
    assertThat(output.table("packed of inventory-service"))
        .containsExactly("order-1 chair 4", "order-2 chair 2");
  }

  @Test
  void the_readme_shows_the_declaration_and_what_the_program_prints() throws Exception {
    Readme readme = new Readme();
    readme.shows(Fulfilment.CHOREOGRAPHY);
    readme.tells(output);
  }
}
