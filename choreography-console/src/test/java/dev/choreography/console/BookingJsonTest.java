// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.tripbooking.BookingStarted;
import java.time.LocalDate;
import org.junit.jupiter.api.Test;

class BookingJsonTest {

  private static final BookingStarted EXAMPLE = Trips.booking(1, 1);

  @Test
  void what_is_missing_is_the_examples() {
    BookingStarted booking =
        BookingJson.over(
            EXAMPLE,
            "{\"saga_id\": \"mine\", \"trip\": {\"flight_id\": \"LH-200\", \"check_in\":"
                + " \"2027-06-01\"}}");
    assertThat(booking.getSagaId()).isEqualTo("mine");
    assertThat(booking.getTrip().getFlightId()).isEqualTo("LH-200");
    assertThat(booking.getTrip().getCheckIn()).isEqualTo(LocalDate.of(2027, 6, 1));
    assertThat(booking.getTrip().getHotelId()).isEqualTo(EXAMPLE.getTrip().getHotelId());
    assertThat(BookingJson.over(EXAMPLE, "{}")).isEqualTo(EXAMPLE);
    assertThat(Trips.booking(1, 1)).isEqualTo(EXAMPLE);
  }

  @Test
  void what_is_printed_can_be_read_again() {
    BookingStarted other = Trips.booking(1, 2);
    assertThat(BookingJson.over(EXAMPLE, BookingJson.of(other).toString())).isEqualTo(other);
  }

  @Test
  void broken_json_is_named_with_its_place() {
    assertThatThrownBy(() -> BookingJson.over(EXAMPLE, "{\"trip\": }"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("it is no JSON at line 1, column 10");
    assertThatThrownBy(() -> BookingJson.over(EXAMPLE, "{"))
        .hasMessage(
            "it is no JSON at line 1, column 2: Unexpected end-of-input: expected close marker for"
                + " Object");
    assertThatThrownBy(() -> BookingJson.over(EXAMPLE, "{\"trip\": 3}"))
        .hasMessage("trip is 3, expected an object");
    assertThatThrownBy(() -> BookingJson.over(EXAMPLE, ""))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
