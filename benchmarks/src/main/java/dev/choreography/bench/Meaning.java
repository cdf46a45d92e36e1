// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.util.Map;

/** What is measured and why, and what was aimed at. */
final class Meaning {

  private static final Map<String, String> BENCHMARKS =
      Map.of(
          "steps",
          """
          Durable steps a second through a backlog: journal, a trivial update of the business, outbox, publish. In `steps`
          the limit does the update for a whole batch with one statement; in `steps_single` with one statement for each saga,
          as a step handler does. `steps_wal` is the write-ahead log that PostgreSQL writes for each step.""",
          "hop",
          """
          From the time at which an event is due to be published to the time at which a consumer has the event that follows
          it, one step further, at 1,000 a second.""",
          "counts",
          """
          Statements that the runtime itself sends, and commits, for each step: at saturation, and where steps come one at a
          time; and what an instance sends that has nothing to do.""");

  private static final Map<String, String> TARGETS =
      Map.ofEntries(
          Map.entry("steps", "≥ 0.75 of limit, ≥ 5 × usual"),
          Map.entry("steps_single", "≥ 3 × usual"),
          Map.entry("steps_wal", "≤ 1.5 × limit"),
          Map.entry("hop_p50", "≤ 1.3 × limit"),
          Map.entry("hop_p99", "≤ 1.5 × limit"),
          Map.entry("statements_saturated", "≤ 0.05"),
          Map.entry("commits_saturated", "≤ 0.01"),
          Map.entry("statements_alone", "≤ 6"),
          Map.entry("commits_alone", "≤ 2"));

  private Meaning() {}

  static String ofBenchmark(String name) {
    return BENCHMARKS.getOrDefault(name, "").strip();
  }

  static String target(String figure) {
    return TARGETS.getOrDefault(figure, "");
  }
}
