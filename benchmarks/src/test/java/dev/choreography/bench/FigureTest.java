// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FigureTest {

  private static Samples samples(double... values) {
    return new Samples(Arrays.stream(values).boxed().toList());
  }

  @Test
  void one_bad_repetition_does_not_move_the_median() {
    assertThat(samples(100, 3, 102).median()).isEqualTo(100);
    assertThat(samples(1, 2, 3, 40).median()).isEqualTo(2.5);
  }

  @Test
  void the_spread_is_that_of_the_values() {
    assertThat(samples(100, 3, 102).least()).isEqualTo(3);
    assertThat(samples(100, 3, 102).most()).isEqualTo(102);
  }

  @Test
  void nothing_measured_is_no_measurement() {
    assertThatThrownBy(() -> new Samples(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void the_summary_is_one_object_with_medians_and_ratios() throws IOException {
    Figure figure =
        new Figure(
            "steps",
            "steps/s",
            Map.of(
                "ours", samples(7_500, 7_400, 9_000),
                "limit", samples(10_000, 9_000, 30_000),
                "usual", samples(1_500, 1_500, 1_500)));

    String line = Results.summary(List.of(figure));

    assertThat(line.lines()).hasSize(1);
    JsonNode read = new ObjectMapper().readTree(line).path("figures").path(0);
    assertThat(read)
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"name": "steps", "unit": "steps/s", "ours": 7500.0, "limit": 10000.0, "usual": 1500.0,
                     "ours_over_limit": 0.75, "ours_over_usual": 5.0, "repeats": 3}
                    """));
  }

  @Test
  void a_side_that_was_not_measured_is_null_and_so_is_its_ratio() {
    JsonNode summary = new Figure("x", "ms", Map.of("ours", samples(1))).summary();

    assertThat(summary.path("limit").isNull()).isTrue();
    assertThat(summary.path("ours_over_limit").isNull()).isTrue();
    assertThat(summary.path("repeats").asInt()).isEqualTo(1);
  }

  @Test
  void four_digits_are_promised_and_no_more() {
    assertThat(Figure.rounded(12_345.678)).isEqualTo(12_350);
    assertThat(Figure.rounded(0.00123456)).isEqualTo(0.001235);
  }
}
