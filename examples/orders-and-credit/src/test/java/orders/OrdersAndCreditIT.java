// SPDX-License-Identifier: Apache-2.0
package orders;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.examples.Output;
import dev.choreography.examples.Readme;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The program, run once as its README says, on real Kafka and PostgreSQL. */
class OrdersAndCreditIT {

  private static final List<String> COMPETING =
      List.of("order-1", "order-2", "order-3", "order-4", "order-5");

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
        .isEqualTo("What stands belongs to 3 completed sagas; 6 left nothing behind.");
  }

  @Test
  void of_the_orders_that_compete_exactly_those_within_the_limit_are_approved() {
    List<String> approved =
        COMPETING.stream().filter(order -> output.path(order).startsWith("completed")).toList();

    assertThat(approved).hasSize(2);
    for (String order : COMPETING) {
      if (approved.contains(order)) {
        assertThat(output.path(order))
            .endsWith("order_placed, order_created, credit_reserved, order_approved");
      } else {
        assertThat(output.path(order))
            .endsWith(
                "order_placed, order_created, credit_reservation_failed (ann has 20 left), order_rejected");
      }
      assertThat(output.table("orders of order-service"))
          .contains(
              "%s ann 40 %s".formatted(order, approved.contains(order) ? "APPROVED" : "REJECTED"));
    }
    assertThat(output.table("credit_reservations of customer-service"))
        .containsExactly(
            approved.get(0) + " ann 40", approved.get(1) + " ann 40", "order-6 bob 30");
  }

  @Test
  void an_order_that_is_cancelled_before_its_approval_releases_its_credit() {
    assertThat(output.path("order-7"))
        .isEqualTo(
            "compensated  order_placed, order_created, credit_reserved, order_approval_failed (the customer has cancelled it), credit_released, order_rejected");
    assertThat(output.table("orders of order-service")).contains("order-7 bob 20 REJECTED");
  }

  @Test
  void an_order_of_an_unknown_customer_is_rejected() {
    assertThat(output.path("order-8"))
        .isEqualTo(
            "compensated  order_placed, order_created, credit_reservation_failed (there is no customer eve), order_rejected");
    assertThat(output.table("orders of order-service")).contains("order-8 eve 10 REJECTED");
  }

  @Test
  void an_order_of_nothing_is_never_created() {
    assertThat(output.path("order-9"))
        .isEqualTo("compensated  order_placed, order_refused (a total of 0)");
    assertThat(output.table("orders of order-service")).hasSize(8);
  }

  @Test
  void what_is_not_reserved_is_available() {
    assertThat(output.table("customers of customer-service"))
        .containsExactly("ann 100 20", "bob 50 20");
  }

  @Test
  void the_readme_shows_the_declaration_and_what_the_program_prints() throws Exception {
    Readme readme = new Readme();
    readme.shows(Orders.CHOREOGRAPHY);
    readme.tells(output);
  }
}
