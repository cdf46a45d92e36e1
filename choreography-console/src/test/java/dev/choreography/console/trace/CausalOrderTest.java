// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class CausalOrderTest {

  private final CausalOrder order = new CausalOrder();

  private static TracedEvent event(String type, @Nullable String cause) {
    return Found.event(type).after(cause).build();
  }

  @Test
  void an_event_comes_after_the_one_that_led_to_it() {
    TracedEvent third = event("third", "second");
    TracedEvent second = event("second", "first");
    TracedEvent first = event("first", null);
    assertThat(order.add(third)).isEmpty();
    assertThat(order.add(second)).isEmpty();
    assertThat(order.add(first)).containsExactly(first, second, third);
  }

  @Test
  void an_adopted_start_is_the_bare_one_once_more() {
    TracedEvent bare = event("first", null);
    assertThat(order.add(bare)).containsExactly(bare);
    assertThat(order.add(event("first", "first"))).isEmpty();
  }

  @Test
  void a_copy_is_not_let_through_again() {
    TracedEvent second = event("second", "first");
    assertThat(order.add(second)).isEmpty();
    assertThat(order.add(second)).isEmpty();
    assertThat(order.add(event("first", null))).hasSize(2);
    assertThat(order.add(second)).isEmpty();
  }
}
