// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OverviewTest {

  private static double started(String now, Map<Long, Map<String, Long>> history) {
    ObjectNode rates = new ObjectMapper().createObjectNode();
    Overview.rates(rates, history, Instant.parse(now));
    return rates.path("started_per_minute").asDouble();
  }

  @Test
  void what_began_in_the_minute_that_runs_is_in_the_rates_at_once() {
    assertThat(started("1970-01-01T01:00:30Z", Map.of(60L, Map.of("started", 9L)))).isEqualTo(2);
  }

  @Test
  void what_began_before_the_last_five_minutes_is_not() {
    Map<Long, Map<String, Long>> history =
        Map.of(55L, Map.of("started", 1_000L), 56L, Map.of("started", 4L));
    assertThat(started("1970-01-01T01:00:00Z", history)).isEqualTo(1);
    assertThat(started("1970-01-01T01:01:00Z", history)).isZero();
  }
}
