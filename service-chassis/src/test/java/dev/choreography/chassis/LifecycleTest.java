// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.chassis.HttpEndpoint.Status;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LifecycleTest {

  private final Lifecycle lifecycle = new Lifecycle();
  private final List<String> closed = new ArrayList<>();

  @Test
  void what_was_opened_last_is_closed_first_and_once() {
    lifecycle.keep(() -> closed.add("pool"));
    lifecycle.keep(() -> closed.add("participant"));

    lifecycle.close();
    lifecycle.close();

    assertThat(closed).containsExactly("participant", "pool");
  }

  @Test
  void one_that_does_not_close_keeps_no_other_open() {
    lifecycle.keep(() -> closed.add("pool"));
    lifecycle.keep(
        () -> {
          throw new IllegalStateException("planted");
        });

    lifecycle.close();

    assertThat(closed).containsExactly("pool");
  }

  @Test
  void what_is_opened_while_the_program_ends_is_closed_at_once() {
    lifecycle.close();

    lifecycle.keep(() -> closed.add("pool"));
    lifecycle.started(() -> new Status(true, ""));

    assertThat(closed).containsExactly("pool");
    assertThat(lifecycle.health()).isEqualTo(new Status(false, "stopping"));
  }

  @Test
  void a_program_is_down_until_it_has_started() {
    assertThat(lifecycle.health()).isEqualTo(new Status(false, "starting"));

    lifecycle.started(() -> new Status(true, "2 steps"));

    assertThat(lifecycle.health()).isEqualTo(new Status(true, "2 steps"));
  }
}
