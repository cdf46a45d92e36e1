// SPDX-License-Identifier: Apache-2.0
package trip;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.examples.Output;
import dev.choreography.examples.Readme;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The program, run once as its README says, on real Kafka and PostgreSQL. */
class ParallelTripIT {

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
        .isEqualTo("What stands belongs to 1 completed saga; 4 left nothing behind.");
  }

  @Test
  void a_trip_is_paid_once_all_three_are_reserved() {
    assertThat(output.path("trip-1"))
        .startsWith("completed")
        .contains("room_reserved", "car_reserved", "seat_reserved")
        .endsWith("trip_paid");
  }

  @Test
  void a_trip_that_cannot_be_paid_gives_all_three_back() {
    assertThat(output.path("trip-2"))
        .startsWith("compensated")
        .contains("room_reserved", "car_reserved", "seat_reserved")
        .matches(".* payment_refused \\(bob cannot pay 600\\)(, \\w+_released){3}")
        .contains("room_released", "car_released", "seat_released");
  }

  @Test
  void a_branch_that_fails_unwinds_the_others_and_nobody_pays() {
    assertThat(output.path("trip-3"))
        .startsWith("compensated")
        .contains("room_refused (no room left: INN)", "car_released", "seat_released")
        .doesNotContain("room_released", "paid", "payment");
    assertThat(output.path("trip-4"))
        .startsWith("compensated")
        .contains("car_refused (no car left: VAN)", "room_released", "seat_released")
        .doesNotContain("car_released", "paid", "payment");
    assertThat(output.path("trip-5"))
        .startsWith("compensated")
        .contains("seat_refused (no seat left: LH-200)", "room_released", "car_released")
        .doesNotContain("seat_released", "paid", "payment");
  }

  @Test
  void what_is_reserved_and_paid_is_the_one_trip_and_the_rest_is_as_it_was() {
    assertThat(output.table("hotels of hotel-service")).containsExactly("INN 90 0", "PALACE 300 4");
    assertThat(output.table("room_reservations of hotel-service")).containsExactly("trip-1 PALACE");
    assertThat(output.table("cars of car-service")).containsExactly("COMPACT 100 4", "VAN 200 0");
    assertThat(output.table("car_reservations of car-service")).containsExactly("trip-1 COMPACT");
    assertThat(output.table("flights of flight-service"))
        .containsExactly("LH-100 200 4", "LH-200 150 0");
    assertThat(output.table("seat_reservations of flight-service"))
        .containsExactly("trip-1 LH-100");
    assertThat(output.table("accounts of payment-service")).containsExactly("ann 400", "bob 500");
    assertThat(output.table("payments of payment-service")).containsExactly("trip-1 ann 600");
  }

  @Test
  void the_readme_shows_the_declaration_and_what_the_program_prints() throws Exception {
    Readme readme = new Readme();
    readme.shows(Trip.CHOREOGRAPHY);
    readme.tells(output);
  }
}
