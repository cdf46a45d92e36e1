// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.OffsetSpec;

/**
 * What it costs the services that a console tracks them, and whether it keeps up: with all that
 * they can do, and at a rate that people run.
 */
final class TrackerBenchmark implements Benchmark {

  /** About what the services do with nobody beside them. */
  private static final int STARTS_PER_SECOND = 6_000;

  private static final List<String> ENDS = List.of(Trips.CAR);
  private static final int PER_SECOND = 200;
  private static final int SAGAS_A_TURN = 1_000_000;
  private static final Duration TO_CATCH_UP = Duration.ofMinutes(5);
  private static final Duration LAST = Duration.ofSeconds(1);

  @Override
  public List<Figure> run(Plan plan) throws Exception {
    try (Stage stage = Stage.open(plan.data(), plan.progress())) {
      int backlog = plan.inATurn(STARTS_PER_SECOND);
      Table table = new Table();
      int turn = 0;
      // Whichever comes first would find a broker that is cold.
      long cold = stage.written(ENDS);
      try (Side.Running services = services(stage, plan, "cold")) {
        StepsBenchmark.publish(stage, SAGAS_A_TURN * turn++, backlog);
        drain(stage, services, cold, backlog, plan);
      }
      for (int repeat = 1; repeat <= plan.repeats(); repeat++) {
        TrackingConsole.begin(stage);
        long from = stage.written(TrackingConsole.TRACKED);
        double without;
        long before = stage.written(ENDS);
        try (Side.Running services = services(stage, plan, "alone_" + repeat)) {
          StepsBenchmark.publish(stage, SAGAS_A_TURN * turn++, backlog);
          without = drain(stage, services, before, backlog, plan);
        }
        tell(plan, "without the console %,9.0f trips/s", without);
        long begin = System.nanoTime();
        try (TrackingConsole console = TrackingConsole.start(stage, plan, repeat);
            Lag lag = Lag.watch(stage, console, from)) {
          // So the console is warm, too, when the services are there again.
          lag.awaitNone(TO_CATCH_UP);
          backlog(lag.since(begin), table, plan);
          before = stage.written(ENDS);
          begin = System.nanoTime();
          try (Side.Running services = services(stage, plan, "tracked_" + repeat)) {
            StepsBenchmark.publish(stage, SAGAS_A_TURN * turn++, backlog);
            double with = drain(stage, services, before, backlog, plan);
            table.add("tracker_trip_over_without", "ratio", Figure.OURS, with / without);
            tell(plan, "with it             %,9.0f trips/s", with);
            saturated(lag.since(begin), table, plan);
            lag.awaitNone(TO_CATCH_UP);
            steady(stage, services, lag, SAGAS_A_TURN * turn++, table, plan);
          }
        }
      }
      return table.figures();
    }
  }

  /** What it did with nobody beside it. */
  private static void backlog(List<Lag.Look> all, Table table, Plan plan) {
    Lag.Look to =
        all.stream().filter(look -> look.folded() >= look.produced()).findFirst().orElseThrow();
    // It is cold at first.
    Lag.Look half =
        all.stream().filter(look -> look.folded() >= to.folded() / 2).findFirst().orElseThrow();
    double folded = to.folded() - half.folded();
    double perSecond = folded * 1e9 / Math.max(1, to.time() - half.time());
    table.add("tracker_backlog", "events/s", Figure.OURS, perSecond);
    tell(plan, "%,.0f events/s of a backlog were folded", perSecond);
  }

  private static Side.Running services(Stage stage, Plan plan, String what) throws Exception {
    return new TripSide(Figure.OURS, 0).start(stage, plan.project(), what, OffsetSpec.latest());
  }

  private static double drain(
      Stage stage, Side.Running services, long before, int backlog, Plan plan) throws Exception {
    Plan longer = plan.withWindow(TripBenchmark.LONGEST);
    return Drain.watch(stage, services, ENDS, before, backlog, longer).perSecond();
  }

  /** What was folded while the services did what they could. */
  private static void saturated(List<Lag.Look> all, Table table, Plan plan) {
    Lag.Look to = all.get(all.size() - 1);
    // From the first trip that ends: the starts were published before the services were up.
    Lag.Look from =
        all.stream()
            .filter(look -> look.ended() > all.get(0).ended())
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("no trip ended while it was looked at"));
    double folded = to.folded() - from.folded();
    double produced = to.produced() - from.produced();
    double seconds = (to.time() - from.time()) / 1e9;
    table.add("tracker_folded", "events/s", Figure.OURS, folded / seconds);
    table.add("tracker_keeps_up", "folded ÷ produced", Figure.OURS, folded / produced);
    tell(
        plan,
        "%,.0f events/s were folded, %,.0f published: %.2f",
        folded / seconds,
        produced / seconds,
        folded / produced);
  }

  private static void steady(
      Stage stage, Side.Running services, Lag lag, int first, Table table, Plan plan)
      throws InterruptedException {
    try (SteadyStarts starts = SteadyStarts.begin(stage, first, PER_SECOND)) {
      TimeUnit.MILLISECONDS.sleep(Plan.WARM_UP.plus(plan.window()).toMillis());
      services.requireRunning();
      // A single look would be at a commit of the console or just before the next.
      double behind =
          lag.since(System.nanoTime() - LAST.toNanos()).stream()
              .mapToDouble(lag::behind)
              .max()
              .orElseThrow(() -> new IllegalStateException("the console no longer answers"));
      table.add("tracker_behind", "s", Figure.OURS, behind);
      tell(plan, "%,d trips at %d/s: %.2f s behind", starts.published(), PER_SECOND, behind);
    }
  }

  private static void tell(Plan plan, String what, Object... values) {
    plan.progress().accept(String.format(Locale.ROOT, what, values));
  }
}
