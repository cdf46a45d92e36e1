// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class PageTest {

  private static final Path DOCS = Path.of("../docs");
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void the_page_says_what_was_measured_and_nothing_else() throws IOException {
    String page = Page.of(JSON.readTree(Files.readString(DOCS.resolve("performance.json"))));

    assertThat(DOCS.resolve("performance.md")).hasContent(page);
  }

  @Test
  void figures_taken_while_others_were_at_work_say_so() throws IOException {
    assertThat(page(0.5)).contains("Others were at work: 50 %");
    assertThat(page(0.01)).contains("The machine was quiet, 1 %").doesNotContain("Others");
  }

  private static String page(double busy) throws IOException {
    return Page.of(
        JSON.readTree("{\"steps\": {\"machine\": {\"busy_before\": %s}}}".formatted(busy)));
  }

  @Test
  void a_median_stands_between_the_least_and_the_most() throws IOException {
    String page =
        Page.of(
            JSON.readTree(
                """
                {"steps": {"figures": [{"name": "steps", "unit": "steps/s", "ours": 200.0,
                  "ours_over_limit": 0.5, "values": {"ours": [300.0, 100.0, 200.0]}}]}}
                """));

    assertThat(page)
        .contains(
            "| `steps`, steps/s | 200 (100–300) |  |  | 0.50 |  | ≥ 0.75 of limit, ≥ 5 × usual |");
  }
}
