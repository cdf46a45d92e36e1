// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ParticipantsTest {

  private static String in(String step, String version, String state) {
    return String.join("\0", "steps", "trip", version, step, state) + "\0";
  }

  @Test
  void a_parked_step_is_owed_as_one_is_that_is_waited_for_whatever_its_version() {
    assertThat(
            Participants.owed(
                Map.of(
                    in("flight", "1", "waiting"), 2L,
                    in("flight", "1", "parked"), 3L,
                    in("flight", "2", "parked"), 1L,
                    in("hotel", "1", "completed"), 9L)))
        .isEqualTo(Map.of("trip\0flight", 6L));
  }
}
