// SPDX-License-Identifier: Apache-2.0
package dev.choreography.tripbooking;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.versions.Recorded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What runs somewhere as it was recorded goes on running: {@code docs/versions.md}. */
class RecordedTripBookingTest {

  @Test
  void no_saga_under_way_suffers_from_what_is_declared() throws IOException {
    Recorded recorded =
        Recorded.parse(Files.readString(Path.of("src/test/resources/recorded.json")));
    assertThat(recorded.choreographies()).isNotEmpty();
    assertThat(recorded.comparedWith(Recorded.of(TripBooking.CHOREOGRAPHY)).breaking()).isEmpty();
  }
}
