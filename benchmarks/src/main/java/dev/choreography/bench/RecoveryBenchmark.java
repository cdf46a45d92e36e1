// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.local.Database;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.OffsetSpec;

/**
 * Two instances of a service, 1,000 sagas a second, one is killed: how long until the other has
 * taken its work over, and how fast what has piled up meanwhile is done.
 */
final class RecoveryBenchmark implements Benchmark {

  private static final int PER_SECOND = 1_000;
  private static final int SAGAS_A_TURN = 1_000_000;
  private static final long STEADY_SECONDS = 10;
  private static final long LOOK_MS = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** What is under way at any time. */
  private static final int CAUGHT_UP = 200;

  @Override
  public List<Figure> run(Plan plan) throws Exception {
    try (Stage stage = Stage.open(plan.data(), plan.progress())) {
      Table table = new Table();
      for (int repeat = 1; repeat <= plan.repeats(); repeat++) {
        turn(stage, plan, repeat, table);
      }
      return table.figures();
    }
  }

  private static void turn(Stage stage, Plan plan, int repeat, Table table) throws Exception {
    String name = "recovery_" + repeat;
    Database database = stage.database(name);
    stage.place(TripWork.FLIGHT.participant(), List.of(Trips.STARTED), OffsetSpec.latest());
    long before = stage.written(List.of(Trips.FLIGHT));
    try (ChildProcess survivor = Service.start(stage, plan, database, name + "_survivor");
        ChildProcess victim = Service.start(stage, plan, database, name + "_victim");
        SteadyStarts load = SteadyStarts.begin(stage, repeat * SAGAS_A_TURN, PER_SECOND)) {
      TimeUnit.SECONDS.sleep(STEADY_SECONDS);
      victim.requireRunning();
      victim.kill();
      long killed = System.nanoTime();
      List<Long> atKill = stage.writtenByPartition(Trips.FLIGHT);
      TimeUnit.SECONDS.sleep(1);
      List<Long> soonAfter = stage.writtenByPartition(Trips.FLIGHT);
      Set<Integer> orphaned =
          IntStream.range(0, Stage.PARTITIONS)
              .filter(partition -> soonAfter.get(partition).equals(atKill.get(partition)))
              .boxed()
              .collect(Collectors.toSet());
      if (orphaned.isEmpty()) {
        throw new IllegalStateException(
            "the killed instance had no partition, or was replaced at once");
      }
      await(survivor, () -> orphaned.stream().anyMatch(advanced(stage, soonAfter)));
      long takenOver = System.nanoTime();
      long done = stage.written(List.of(Trips.FLIGHT));
      await(
          survivor,
          () -> load.published() - (stage.written(List.of(Trips.FLIGHT)) - before) < CAUGHT_UP);
      double seconds = (System.nanoTime() - takenOver) / 1e9;
      double perSecond = (stage.written(List.of(Trips.FLIGHT)) - done) / seconds;
      double first = (takenOver - killed) / 1e9;
      table.add("recovery_first_commit", "s", Figure.OURS, first);
      table.add("recovery_drain_over_arrival", "ratio", Figure.OURS, perSecond / PER_SECOND);
      plan.progress()
          .accept(
              String.format(
                  Locale.ROOT,
                  "taken over %.1f s after the kill; then %,.0f a second while %,d arrived",
                  first,
                  perSecond,
                  PER_SECOND));
    }
  }

  private static Predicate<Integer> advanced(Stage stage, List<Long> since) {
    List<Long> now = stage.writtenByPartition(Trips.FLIGHT);
    return partition -> now.get(partition) > since.get(partition);
  }

  private static void await(Side.Running side, Condition condition) throws InterruptedException {
    long begin = System.nanoTime();
    while (!condition.holds()) {
      side.requireRunning();
      if (System.nanoTime() - begin > PATIENCE.toNanos()) {
        throw new IllegalStateException(
            "%d sagas a second are too many for the other instance here: not caught up within %s"
                .formatted(PER_SECOND, PATIENCE));
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MS);
    }
  }

  /** What is waited for. */
  @FunctionalInterface
  private interface Condition {
    boolean holds();
  }
}
