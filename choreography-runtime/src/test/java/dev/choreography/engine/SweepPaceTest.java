// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.engine.Journal.Swept;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Looking for what was not published takes at most a twentieth of the time. */
class SweepPaceTest {

  private long nanos = Long.MAX_VALUE - 5;
  private final SweepPace pace = new SweepPace(() -> nanos);

  @Test
  void a_sweep_is_due_at_once() {
    assertThat(pace.isDue()).isTrue();
  }

  @Test
  void a_look_that_took_a_second_is_followed_by_the_next_after_twenty() {
    pace.swept(Swept.nothing(0, Duration.ofSeconds(1)));
    pass(Duration.ofSeconds(20).minusNanos(1));
    assertThat(pace.isDue()).isFalse();
    pass(Duration.ofNanos(1));
    assertThat(pace.isDue()).isTrue();
  }

  @Test
  void all_pages_of_a_sweep_count_and_between_them_the_next_is_due_at_once() {
    for (int page = 1; page <= 3; page++) {
      pace.swept(new Swept(10, 0, page * 10L, true, Duration.ofSeconds(1)));
      assertThat(pace.isDue()).as("page %d was full".formatted(page)).isTrue();
    }
    pace.swept(Swept.nothing(30, Duration.ofSeconds(1)));
    pass(Duration.ofSeconds(79));
    assertThat(pace.isDue()).isFalse();
    pass(Duration.ofSeconds(1));
    assertThat(pace.isDue()).isTrue();
    pace.swept(Swept.nothing(0, Duration.ofSeconds(1)));
    pass(Duration.ofSeconds(20));
    assertThat(pace.isDue()).as("the sweep before is over and not counted again").isTrue();
  }

  @Test
  void a_look_that_found_only_what_could_be_published_is_work_and_not_counted() {
    pace.swept(new Swept(10, 10, 10, true, Duration.ofMinutes(1)));
    pace.swept(Swept.nothing(10, Duration.ZERO));
    assertThat(pace.isDue()).isTrue();
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }
}
