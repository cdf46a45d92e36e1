// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The page docs/performance.md, made of docs/performance.json and of nothing else. */
final class Page {

  private static final String HEAD =
      """
      # Performance

      Written by `./saga bench --page` from `performance.json`, which has every single value; a test compares the two.

      ## How to read it

      Three programs do the same work in turn, on one machine, in one run, with the broker and the database beside them:

      - **limit**: a pipeline written by hand for this one choreography, with plain clients of Kafka and JDBC: poll; one
        transaction for the batch, each table written by one statement of arrays; publish after the commit; commit the
        offsets. No framework could be faster than that.
      - **ours**: a participant of this runtime, as its author would write it.
      - **usual**: what people write by hand: one message, one transaction with inbox, business and outbox, and a publisher
        that looks into the outbox every 100 ms.

      In `steps` each has as many threads as help it: one or two that work in batches, four or twelve of the usual design.

      PostgreSQL waits for the disk at every commit. Absolute figures move with the machine and with whatever else it does:
      **only the ratios count.** Each value is the median of the repetitions, with the least and the most of them in
      brackets. Latencies are taken under open load: every request has a time at which it is due, whether or not those
      before it are done, and is measured from then, so that a pause counts for all who waited.
      """;

  private Page() {}

  /** The whole page. */
  static String of(JsonNode runs) {
    StringBuilder page = new StringBuilder(HEAD);
    for (Map.Entry<String, JsonNode> run : runs.properties()) {
      page.append("\n## ").append(run.getKey()).append("\n\n");
      page.append(Meaning.ofBenchmark(run.getKey())).append("\n\n");
      page.append(table(run.getValue().path("figures")));
      page.append('\n').append(circumstances(run.getValue()));
    }
    return page.toString();
  }

  private static String table(JsonNode figures) {
    StringBuilder table =
        new StringBuilder(
            "| figure | ours | limit | usual | ours ÷ limit | ours ÷ usual | target |\n|---|---|---|---|---|---|---|\n");
    for (JsonNode figure : figures) {
      List<String> cells = new ArrayList<>();
      String name = figure.path("name").asText();
      cells.add("`%s`, %s".formatted(name, figure.path("unit").asText()));
      for (String side : List.of(Figure.OURS, Figure.LIMIT, Figure.USUAL)) {
        cells.add(cell(figure, side));
      }
      cells.add(ratio(figure, "ours_over_limit"));
      cells.add(ratio(figure, "ours_over_usual"));
      cells.add(Meaning.target(name));
      table.append("| ").append(String.join(" | ", cells)).append(" |\n");
    }
    return table.toString();
  }

  private static String cell(JsonNode figure, String side) {
    JsonNode values = figure.path("values").path(side);
    if (values.isEmpty()) {
      return "";
    }
    double least = Double.MAX_VALUE;
    double most = -Double.MAX_VALUE;
    for (JsonNode value : values) {
      least = Math.min(least, value.asDouble());
      most = Math.max(most, value.asDouble());
    }
    String median = Text.number(figure.path(side).asDouble());
    return values.size() == 1
        ? median
        : "%s (%s–%s)".formatted(median, Text.number(least), Text.number(most));
  }

  private static String ratio(JsonNode figure, String name) {
    return figure.path(name).isNumber() ? Text.ratio(figure.path(name).asDouble()) : "";
  }

  private static String circumstances(JsonNode run) {
    JsonNode machine = run.path("machine");
    double busy = machine.path("busy_before").asDouble();
    String quiet =
        busy > Machine.QUIET
            ? " **Others were at work: %.0f %% of the processors were busy before it began, so these are not the machine's own figures.**"
            : " The machine was quiet, %.0f %% busy before it began.";
    return "Measured %s, %d s a turn, on %d × %s, %d GB, %s, Java %s.%s%n"
        .formatted(
            run.path("measured_at").asText(),
            run.path("seconds").asInt(),
            machine.path("processors").asInt(),
            machine.path("processor").asText(),
            machine.path("memory_gb").asInt(),
            machine.path("system").asText(),
            machine.path("java").asText(),
            String.format(Locale.ROOT, quiet, busy * 100));
  }
}
