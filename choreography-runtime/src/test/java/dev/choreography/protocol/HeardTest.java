// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.protocol.Signal.Kind;
import org.junit.jupiter.api.Test;

class HeardTest {

  @Test
  void hearing_something_again_changes_nothing() {
    Heard heard = Heard.NOTHING.plus(Signal.STARTED).plus(Signal.failed(3));
    assertThat(heard.plus(Signal.failed(3)).plus(Signal.STARTED)).isEqualTo(heard);
  }

  @Test
  void the_order_of_hearing_does_not_matter() {
    assertThat(Heard.NOTHING.plus(Signal.CANCELLED).plus(Signal.completed(19)))
        .isEqualTo(Heard.NOTHING.plus(Signal.completed(19)).plus(Signal.CANCELLED));
  }

  @Test
  void it_has_what_was_heard_and_nothing_else() {
    Heard heard = Heard.NOTHING.plus(Signal.completed(2));
    assertThat(heard.has(Signal.completed(2))).isTrue();
    assertThat(heard.has(Signal.failed(2))).isFalse();
    assertThat(heard.has(Signal.completed(1))).isFalse();
    assertThat(heard.isEmpty()).isFalse();
    assertThat(Heard.NOTHING.isEmpty()).isTrue();
  }

  @Test
  void what_the_journal_stored_is_what_was_heard() {
    Heard heard = Heard.NOTHING.plus(Signal.STARTED).plus(Signal.compensated(19));
    assertThat(new Heard(heard.bits())).isEqualTo(heard);
    assertThat(heard.bits()).isEqualTo(0x4000_0000_0000_0001L);
  }

  @Test
  void of_a_set_of_steps_it_tells_those_an_event_was_heard_of() {
    Heard heard =
        Heard.NOTHING
            .plus(Signal.failed(0))
            .plus(Signal.failed(2))
            .plus(Signal.failed(5))
            .plus(Signal.completed(1));
    assertThat(heard.of(Kind.FAILED, 0b00_0111)).isEqualTo(0b00_0101);
    assertThat(heard.of(Kind.COMPLETED, 0b11_1111)).isEqualTo(0b00_0010);
  }
}
