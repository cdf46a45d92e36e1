// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.OffsetSpec;

/** How long one trip takes when there is little to do, and where that time goes. */
final class TripLatency {

  private static final int PER_SECOND = 50;
  private static final int SAGAS_A_TURN = 1_000_000;
  private static final double MICROS = 1_000;

  private TripLatency() {}

  static void measure(Stage stage, List<TripSide> sides, Plan plan, Table table) throws Exception {
    OpenLoop load = new OpenLoop(stage, Trips.CAR, PER_SECOND);
    int turn = 1;
    for (int repeat = 1; repeat <= plan.repeats(); repeat++) {
      for (TripSide side : sides) {
        turn(stage, side, load, "latency_" + repeat, SAGAS_A_TURN * turn++, plan, table);
      }
    }
  }

  private static void turn(
      Stage stage, TripSide side, OpenLoop load, String what, int first, Plan plan, Table table)
      throws Exception {
    List<String> ends = List.of(Trips.CAR);
    long before = stage.written(ends);
    long starts = stage.written(List.of(Trips.STARTED));
    Histogram latencies;
    Map<String, Double> parts;
    try (Side.Running running = side.start(stage, plan.project(), what, OffsetSpec.earliest())) {
      // At 50 a second the compiler would not see the code within minutes: a backlog comes first.
      Drain warmUp =
          Drain.watch(stage, running, ends, before, starts, plan.withWindow(TripBenchmark.LONGEST));
      plan.progress()
          .accept("%s is warm, at %,.0f sagas/s".formatted(side.name(), warmUp.perSecond()));
      Map<String, List<Long>> behind = TripParts.now(stage);
      latencies = load.run(first, running, plan);
      parts = new TreeMap<>(TripParts.since(stage, behind));
    }
    double p50 = latencies.getValueAtPercentile(50) / MICROS;
    double p99 = latencies.getValueAtPercentile(99) / MICROS;
    table.add("trip_p50", "ms", side.name(), p50);
    table.add("trip_p99", "ms", side.name(), p99);
    parts.forEach((part, millis) -> table.add("trip_in_" + part, "ms", side.name(), millis));
    plan.progress()
        .accept(
            String.format(
                Locale.ROOT,
                "%-26s p50 %.1f ms, p99 %.1f ms; on the average %s",
                side.name(),
                p50,
                p99,
                told(parts)));
  }

  private static String told(Map<String, Double> parts) {
    StringBuilder told = new StringBuilder();
    parts.forEach(
        (part, millis) ->
            told.append(
                String.format(
                    Locale.ROOT, "%s%s %.1f ms", told.isEmpty() ? "" : ", ", part, millis)));
    return told.toString();
  }
}
