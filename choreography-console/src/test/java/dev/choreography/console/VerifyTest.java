// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.console.trace.Declaration;
import dev.choreography.kafka.Declarations;
import dev.choreography.tripbooking.TripBooking;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerifyTest {

  private static final Declaration TRIP =
      Declaration.of(Declarations.declared(TripBooking.CHOREOGRAPHY));

  @Test
  void a_declaration_is_shown_as_a_table_as_a_diagram_and_with_its_problems() {
    assertThat(VerifyCommand.text(TRIP, List.of()))
        .contains("# trip_booking, version 1", "to end within 10m", "| flight | flight-service |")
        .contains("```mermaid\nflowchart LR")
        .endsWith("No problems.");
    assertThat(VerifyCommand.text(TRIP, List.of("topic x does not exist, create it")))
        .endsWith("Problems:\n- topic x does not exist, create it");
  }
}
