// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * How fast a side works through a backlog, seen from outside: by the records that the broker has of
 * its output, which are there only after the commit.
 *
 * @param perSecond steps a second within the window
 * @param walBytes of write-ahead log for each of them
 * @param cpuMicros of processor time for each of them, of this process and all that it started:
 *     broker and database, too. What others do on the machine does not move it much
 */
record Drain(double perSecond, double walBytes, double cpuMicros) {

  private static final long LOOK_MS = 50;
  private static final Duration TO_BEGIN = Duration.ofMinutes(2);

  /** On a busy machine the compiler sees less of a side in the same time. */
  private static final long STEPS_TO_WARM_UP = 20_000;

  private static final Duration LONGEST_WARM_UP = Duration.ofSeconds(20);
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  /**
   * Looks on.
   *
   * @param output the topics that tell of steps done
   * @param before how many records they had before the side began
   * @param backlog how many it will get in all; the window ends early when they are through
   */
  static Drain watch(
      Stage stage,
      Side.Running side,
      Collection<String> output,
      long before,
      long backlog,
      Plan plan)
      throws InterruptedException, SQLException {
    long last = before + backlog;
    long waiting = System.nanoTime();
    while (stage.written(output) == before) {
      if (System.nanoTime() - waiting > TO_BEGIN.toNanos()) {
        throw new IllegalStateException("no step was done within " + TO_BEGIN);
      }
      look(side);
    }
    long warm = before + Math.min(STEPS_TO_WARM_UP, backlog / 4);
    long warming = System.nanoTime();
    while (System.nanoTime() - warming < Plan.WARM_UP.toNanos()
        || (stage.written(output) < warm
            && System.nanoTime() - warming < LONGEST_WARM_UP.toNanos())) {
      look(side);
    }
    long wal = stage.walBytes();
    long from = stage.written(output);
    Duration cpu = cpu();
    long begin = System.nanoTime();
    long to = from;
    long end = begin;
    while (to < last && end - begin < plan.window().toNanos()) {
      look(side);
      to = stage.written(output);
      end = System.nanoTime();
    }
    if (end - begin < SHORTEST.toNanos()) {
      throw new IllegalStateException(
          "the backlog of %d was through after the warm-up: make it larger".formatted(backlog));
    }
    long steps = to - from;
    return new Drain(
        steps * 1e9 / (end - begin),
        (stage.walBytes() - wal) / (double) steps,
        cpu().minus(cpu).toNanos() / 1e3 / steps);
  }

  private static Duration cpu() {
    ProcessHandle self = ProcessHandle.current();
    return Stream.concat(Stream.of(self), self.descendants())
        .flatMap(process -> process.info().totalCpuDuration().stream())
        .reduce(Duration.ZERO, Duration::plus);
  }

  private static void look(Side.Running side) throws InterruptedException {
    side.requireRunning();
    TimeUnit.MILLISECONDS.sleep(LOOK_MS);
  }
}
