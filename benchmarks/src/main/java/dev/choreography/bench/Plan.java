// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;

/**
 * How measurements are taken.
 *
 * @param repeats how often each side has its turn
 * @param window how long each turn is looked at, after it has warmed up
 * @param sides those that take part
 * @param project the project's folder, with what was built in it
 * @param progress is told what is being done
 */
record Plan(
    int repeats, Duration window, Set<String> sides, Path project, Consumer<String> progress) {

  /** Long enough for the compiler to have seen the hot loops. */
  static final Duration WARM_UP = Duration.ofSeconds(4);

  /** Where the programs' data lie meanwhile. */
  Path data() {
    return project.resolve("benchmarks/target/data");
  }

  /** How many there are in a turn, its warm-up included, at so many a second. */
  int inATurn(int perSecond) {
    return (int) (perSecond * window.plus(WARM_UP).toMillis() / 1000);
  }

  /** The same, but for how long each turn is looked at. */
  Plan withWindow(Duration longest) {
    return new Plan(repeats, longest, sides, project, progress);
  }

  /** Whether a side, in whichever form, takes part. */
  boolean has(String side) {
    return sides.stream().anyMatch(side::startsWith);
  }
}
