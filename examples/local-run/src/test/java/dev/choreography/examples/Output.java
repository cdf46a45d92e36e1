// SPDX-License-Identifier: Apache-2.0
package dev.choreography.examples;

import java.util.List;

/** What a program has printed. */
public record Output(int exitCode, List<String> lines) {

  /** The line of a saga's path: its end, then its events. */
  public String path(String saga) {
    return lines.stream()
        .map(String::strip)
        .filter(line -> line.startsWith(saga + "  "))
        .map(line -> line.substring(saga.length()).strip())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no path of %s in %s".formatted(saga, this)));
  }

  /** The rows of a table, without the columns' names; one space between the columns. */
  public List<String> table(String title) {
    int heading = lines.indexOf(title);
    if (heading < 0) {
      throw new AssertionError("no table %s in %s".formatted(title, this));
    }
    return lines.stream()
        .skip(heading + 2)
        .takeWhile(line -> line.startsWith("  "))
        .map(row -> row.strip().replaceAll(" +", " "))
        .toList();
  }

  @Override
  public String toString() {
    return "exit code %d and%n%s".formatted(exitCode, String.join("\n", lines));
  }
}
