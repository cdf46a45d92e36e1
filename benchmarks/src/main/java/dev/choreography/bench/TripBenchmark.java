// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.clients.admin.OffsetSpec;

/**
 * The real three services, as three processes: trips completed a second through a backlog, also
 * where the car rejects some, and how long one trip takes when there is little to do.
 */
final class TripBenchmark implements Benchmark {

  /** About what the faster side does. */
  private static final int STARTS_PER_SECOND = 6_000;

  /**
   * A backlog is looked at until its last saga has ended: the first service is the fastest, and
   * what it is ahead of the others would not be seen before.
   */
  static final Duration LONGEST = Duration.ofMinutes(3);

  private static final double FAILURES = 0.3;
  private static final String UNDONE = "flight_compensated";

  @Override
  public List<Figure> run(Plan plan) throws Exception {
    try (Stage stage = Stage.open(plan.data(), plan.progress())) {
      int backlog = plan.inATurn(STARTS_PER_SECOND);
      plan.progress().accept("publishing a backlog of %,d starts ...".formatted(backlog));
      StepsBenchmark.publish(stage, backlog);
      Table table = new Table();
      for (int repeat = 1; repeat <= plan.repeats(); repeat++) {
        double whole = 0;
        for (TripSide side : sides(plan)) {
          Drain drain = drain(stage, side, "trip_" + repeat, plan);
          whole = drain.perSecond();
          table.add("trip", "sagas/s", side.name(), drain.perSecond());
          table.add("trip_cpu", "µs of processor/saga", side.name(), drain.cpuMicros());
        }
        if (plan.has(Figure.OURS)) {
          // Either way a saga's five events are handled: nothing is to be set off.
          double failing =
              drain(stage, new TripSide(Figure.OURS, FAILURES), "failing_" + repeat, plan)
                  .perSecond();
          table.add("trip_failing_over_trip", "ratio", Figure.OURS, failing / whole);
        }
      }
      TripLatency.measure(stage, sides(plan), plan, table);
      return table.figures();
    }
  }

  private static List<TripSide> sides(Plan plan) {
    List<TripSide> sides = new ArrayList<>();
    if (plan.has(Figure.LIMIT)) {
      sides.add(new TripSide(Figure.LIMIT, 0));
    }
    if (plan.has(Figure.OURS)) {
      sides.add(new TripSide(Figure.OURS, 0));
    }
    return sides;
  }

  private static Drain drain(Stage stage, TripSide side, String what, Plan plan) throws Exception {
    List<String> ends = side.carFailures() > 0 ? List.of(Trips.CAR, UNDONE) : List.of(Trips.CAR);
    long before = stage.written(ends);
    long starts = stage.written(List.of(Trips.STARTED));
    Drain drain;
    try (Side.Running running = side.start(stage, plan.project(), what, OffsetSpec.earliest())) {
      drain = Drain.watch(stage, running, ends, before, starts, plan.withWindow(LONGEST));
    }
    plan.progress()
        .accept(
            String.format(
                Locale.ROOT,
                "%-26s %,9.0f sagas/s  %,6.0f µs of processor and %,6.0f bytes of WAL a saga",
                side.name() + (side.carFailures() > 0 ? ", some failing" : ""),
                drain.perSecond(),
                drain.cpuMicros(),
                drain.walBytes()));
    return drain;
  }
}
