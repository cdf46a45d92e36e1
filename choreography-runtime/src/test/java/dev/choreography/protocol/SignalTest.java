// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.protocol.Signal.Kind;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SignalTest {

  @Test
  void the_bits_that_databases_hold_never_change_their_meaning() {
    assertThat(Signal.STARTED.bit()).isEqualTo(0b001);
    assertThat(Signal.CANCELLED.bit()).isEqualTo(0b010);
    assertThat(Signal.DEADLINE_PASSED.bit()).isEqualTo(0b100);
    assertThat(Signal.completed(0).bit()).isEqualTo(0b001_000);
    assertThat(Signal.failed(0).bit()).isEqualTo(0b010_000);
    assertThat(Signal.compensated(0).bit()).isEqualTo(0b100_000);
    assertThat(Signal.completed(1).bit()).isEqualTo(0b001_000_000);
    assertThat(Signal.compensated(19).bit()).isEqualTo(0x4000_0000_0000_0000L);
  }

  @Test
  void all_signals_of_twenty_steps_have_bits_of_their_own_in_a_positive_long() {
    Set<Long> bits = new HashSet<>();
    for (Signal signal : Set.of(Signal.STARTED, Signal.CANCELLED, Signal.DEADLINE_PASSED)) {
      bits.add(signal.bit());
    }
    for (int step = 0; step < Graph.MAX_STEPS; step++) {
      for (Kind kind : Set.of(Kind.COMPLETED, Kind.FAILED, Kind.COMPENSATED)) {
        bits.add(new Signal(kind, step).bit());
      }
    }
    assertThat(bits).hasSize(63).allMatch(bit -> bit > 0 && Long.bitCount(bit) == 1);
  }

  @Test
  void there_is_no_signal_of_a_step_that_no_graph_has() {
    assertThatThrownBy(() -> Signal.completed(20))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no signal COMPLETED for step 20");
    assertThatThrownBy(() -> Signal.failed(-1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Signal(Kind.STARTED, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
