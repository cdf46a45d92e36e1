// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.local.Database;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** A service that has nothing to do: how soon it is ready, and what it takes. */
final class IdleBenchmark implements Benchmark {

  /** What a start leaves to do for the compiler is not idleness. */
  private static final long SETTLE_SECONDS = 120;

  private static final long IDLE_SECONDS = 30;
  private static final double MEGABYTE = 1_000_000;

  @Override
  public List<Figure> run(Plan plan) throws Exception {
    try (Stage stage = Stage.open(plan.data(), plan.progress())) {
      Table table = new Table();
      for (int repeat = 1; repeat <= plan.repeats(); repeat++) {
        // The tables are there already: a start is measured, not an installation.
        Database database = stage.database("idle");
        if (repeat == 1) {
          Service.start(stage, plan, database, "idle_0").close();
        }
        long begin = System.nanoTime();
        try (ChildProcess service = Service.start(stage, plan, database, "idle_" + repeat)) {
          double ready = (System.nanoTime() - begin) / 1e9;
          TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
          Duration before = Service.cpu(service);
          TimeUnit.SECONDS.sleep(IDLE_SECONDS);
          double share = Service.cpu(service).minus(before).toNanos() / 1e9 / IDLE_SECONDS;
          double heap = Service.liveHeap(service) / MEGABYTE;
          table.add("idle_start_to_ready", "s", Figure.OURS, ready);
          table.add("idle_cpu", "% of one processor", Figure.OURS, share * 100);
          table.add("idle_heap", "MB in use", Figure.OURS, heap);
          plan.progress()
              .accept(
                  String.format(
                      Locale.ROOT,
                      "ready after %.1f s; idle: %.1f %% of a processor, %.0f MB of heap in use",
                      ready,
                      share * 100,
                      heap));
        }
      }
      return table.figures();
    }
  }
}
