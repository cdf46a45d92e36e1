// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DurationsTest {

  @Test
  void a_bucket_holds_what_lies_in_it_and_is_at_most_a_quarter_wide() {
    int last = -1;
    for (long millis = 0; millis < 5_000_000; millis = millis * 33 / 32 + 1) {
      int bucket = Durations.bucket(millis);
      assertThat(bucket).isBetween(last, last + 1);
      assertThat(Durations.largest(bucket)).isBetween(millis, Math.max(millis, millis * 5 / 4));
      last = bucket;
    }
  }

  @Test
  void a_percentile_is_the_bound_that_its_share_does_not_exceed() {
    Durations durations = new Durations();
    assertThat(durations.percentile(0.5)).isNull();
    for (int millis = 1; millis <= 100; millis++) {
      durations.add(Durations.bucket(millis), 1);
    }
    assertThat(durations.count()).isEqualTo(100);
    assertThat(durations.percentile(0.5)).isBetween(50L, 62L);
    assertThat(durations.percentile(0.99)).isBetween(99L, 124L);
    assertThat(durations.percentile(0.01)).isEqualTo(1);
  }
}
