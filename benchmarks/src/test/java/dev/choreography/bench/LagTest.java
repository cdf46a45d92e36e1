// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.bench.Lag.Look;
import java.util.List;
import org.junit.jupiter.api.Test;

class LagTest {

  private static final long SECOND = 1_000_000_000;

  private static final List<Look> LOOKS =
      List.of(
          new Look(0, 0, 0, 0),
          new Look(SECOND, 0, 100, 0),
          new Look(2 * SECOND, 0, 200, 99),
          new Look(5 * SECOND, 0, 300, 100),
          new Look(6 * SECOND, 0, 300, 300));

  @Test
  void it_is_as_far_behind_as_the_oldest_event_it_has_not_folded() {
    assertThat(LOOKS.stream().map(look -> Lag.behind(LOOKS, look)))
        .containsExactly(0.0, 0.0, 1.0, 3.0, 0.0);
  }
}
