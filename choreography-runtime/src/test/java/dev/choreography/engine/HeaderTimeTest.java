// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderTimeTest {

  @Test
  void times_are_written_and_read_as_java_does() {
    Random random = new Random(1);
    long[] grains = {1, 1_000, 1_000_000, 1_000_000_000};
    for (int i = 0; i < 100_000; i++) {
      long seconds = (long) (random.nextGaussian() * (1L << (20 + random.nextInt(25))));
      long grain = grains[random.nextInt(grains.length)];
      long nanos = random.nextInt(1_000_000_000) / grain * grain;
      Instant time = Instant.ofEpochSecond(seconds, nanos);

      assertThat(HeaderTime.format(time)).isEqualTo(time.toString());
      assertThat(HeaderTime.parse(time.toString())).isEqualTo(time);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-11-20T24:00:00Z",
        "2016-12-31T23:59:60Z",
        "2026-11-20T12:00:00.12345Z",
        "2026-11-20t12:00:00z",
        "2026-11-20T12:00:00.5Z",
        "+12026-11-20T12:00:00Z"
      })
  void what_is_seldom_seen_is_read_as_java_does(String text) {
    assertThat(HeaderTime.parse(text)).isEqualTo(Instant.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "tomorrow",
        "2026-11-20 12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-11-20T12:60:00Z",
        "2026-11-20T1a:00:00Z",
        "2026-11-20T12:00:00.-12Z"
      })
  void what_is_no_time_is_refused(String text) {
    assertThatThrownBy(() -> HeaderTime.parse(text)).isInstanceOf(DateTimeException.class);
  }
}
