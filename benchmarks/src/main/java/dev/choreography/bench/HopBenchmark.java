// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.local.Database;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.OffsetSpec;

/** How long one step takes, in, commit and out, while there is enough to do but not too much. */
final class HopBenchmark implements Benchmark {

  private static final int PER_SECOND = 1_000;
  private static final int USUAL_THREADS = 4;
  private static final int SAGAS_A_TURN = 1_000_000;
  private static final double MICROS = 1_000;

  @Override
  public List<Figure> run(Plan plan) throws Exception {
    try (Stage stage = Stage.open(plan.data(), plan.progress())) {
      OpenLoop load = new OpenLoop(stage, Trips.FLIGHT, PER_SECOND);
      Table table = new Table();
      int turn = 0;
      // The first turn of each is not counted: the compiler has not seen it before.
      for (int repeat = 0; repeat <= plan.repeats(); repeat++) {
        for (Side side : sides(plan)) {
          Database database = Turn.prepare(stage, side, "hop_" + repeat, OffsetSpec.latest());
          Histogram latencies;
          try (Side.Running running = side.start(stage, database)) {
            latencies = load.run(turn++ * SAGAS_A_TURN, running, plan);
          }
          double p50 = latencies.getValueAtPercentile(50) / MICROS;
          double p99 = latencies.getValueAtPercentile(99) / MICROS;
          if (repeat > 0) {
            table.add("hop_p50", "ms", side.name(), p50);
            table.add("hop_p99", "ms", side.name(), p99);
          }
          plan.progress()
              .accept(
                  String.format(
                      Locale.ROOT, "%-26s p50 %.1f ms, p99 %.1f ms", side.name(), p50, p99));
        }
      }
      return table.figures();
    }
  }

  private static List<Side> sides(Plan plan) {
    List<Side> sides = new ArrayList<>();
    if (plan.has(Figure.LIMIT)) {
      sides.add(new Limit(Figure.LIMIT, new TallyWork(false)));
    }
    if (plan.has(Figure.OURS)) {
      sides.add(Ours.batch(1));
    }
    if (plan.has(Figure.USUAL)) {
      sides.add(new Usual(USUAL_THREADS));
    }
    return sides;
  }
}
