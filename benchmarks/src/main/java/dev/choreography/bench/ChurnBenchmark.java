// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.local.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.OffsetSpec;

/**
 * Whether age slows the runtime down: with ten million sagas in the journal that have ended, and
 * with a snapshot held open for five minutes of work, behind which nothing can be cleaned up.
 */
final class ChurnBenchmark implements Benchmark {

  private static final int STARTS_PER_SECOND = 20_000;
  private static final int ENDED = 10_000_000;
  private static final int WHILE_HELD_PER_SECOND = 1_000;
  private static final long HELD_MINUTES = 5;

  /** Rows as they are when a saga is over. */
  private static final String END_SAGAS =
      """
      INSERT INTO choreography_journal
             (choreography, saga_id, step, version, state, heard, deadline, digest)
      SELECT 'trip_booking', 'old-' || lpad(number::text, 8, '0'), 'flight', 1, 'CONFIRMED', 9,
             now() - interval '1 day' + number * interval '1 ms', decode(md5(number::text), 'hex')
        FROM generate_series(1, %d) AS number
      """
          .formatted(ENDED);

  @Override
  public List<Figure> run(Plan plan) throws Exception {
    try (Stage stage = Stage.open(plan.data(), plan.progress())) {
      int backlog = plan.inATurn(STARTS_PER_SECOND);
      plan.progress().accept("publishing a backlog of %,d starts ...".formatted(backlog));
      StepsBenchmark.publish(stage, backlog);
      Table table = new Table();
      Side ours = Ours.batch(1);
      List<Side> sides =
          plan.has(Figure.LIMIT)
              ? List.of(ours, new Limit(Figure.LIMIT, new TallyWork(true)))
              : List.of(ours);
      Map<String, Double> fresh = new HashMap<>();
      for (Side side : sides) {
        // The compiler has not seen the first turn of a side before: it does not count.
        drain(stage, side, prepare(stage, side, "warm"), plan, "to get warm");
        fresh.put(side.name(), drain(stage, side, prepare(stage, side, "fresh"), plan, "fresh"));
      }
      table.add(
          "churn_ended_over_fresh",
          "ratio",
          Figure.OURS,
          withEnded(stage, ours, plan) / of(fresh, ours.name()));
      held(stage, sides, backlog, plan)
          .forEach(
              (side, perSecond) ->
                  table.add(
                      "churn_snapshot_over_fresh", "ratio", side, perSecond / of(fresh, side)));
      return table.figures();
    }
  }

  private static double of(Map<String, Double> perSecond, String side) {
    return Objects.requireNonNull(perSecond.get(side));
  }

  private static double withEnded(Stage stage, Side side, Plan plan) throws Exception {
    Database old = prepare(stage, side, "old");
    plan.progress().accept("ending %,d sagas ...".formatted(ENDED));
    side.start(stage, old).close();
    Stage.execute(old, END_SAGAS, "VACUUM ANALYZE choreography_journal");
    stage.place(side.group(), side.topics(), OffsetSpec.earliest());
    stage.settle();
    return drain(stage, side, old, plan, "with ended sagas");
  }

  /** All sides work for so long at the same time, and then each drains the backlog alone. */
  private static Map<String, Double> held(Stage stage, List<Side> sides, int backlog, Plan plan)
      throws Exception {
    Map<String, Double> perSecond = new HashMap<>();
    Map<Side, Database> databases = new LinkedHashMap<>();
    List<AutoCloseable> snapshots = new ArrayList<>();
    List<Side.Running> working = new ArrayList<>();
    try {
      for (Side side : sides) {
        Database database = Turn.prepare(stage, side, "churn_held", OffsetSpec.latest());
        databases.put(side, database);
        working.add(side.start(stage, database));
        snapshots.add(snapshot(database));
      }
      plan.progress()
          .accept(
              "working for %d minutes with a snapshot held, %,d a second ..."
                  .formatted(HELD_MINUTES, WHILE_HELD_PER_SECOND));
      try (SteadyStarts load = SteadyStarts.begin(stage, 2 * backlog, WHILE_HELD_PER_SECOND)) {
        TimeUnit.MINUTES.sleep(HELD_MINUTES);
        working.forEach(Side.Running::requireRunning);
        plan.progress().accept("%,d sagas were started".formatted(load.published()));
      }
      closeAll(working);
      for (Map.Entry<Side, Database> one : databases.entrySet()) {
        // The same starts again: the first of them are new to this database.
        Side side = one.getKey();
        stage.place(side.group(), side.topics(), OffsetSpec.earliest());
        stage.settle();
        perSecond.put(
            side.name(), drain(stage, side, one.getValue(), plan, "with a snapshot held"));
      }
    } finally {
      closeAll(working);
      closeAll(snapshots);
    }
    return perSecond;
  }

  private static AutoCloseable snapshot(Database database) throws SQLException {
    Connection snapshot = Stage.connect(database);
    snapshot.setAutoCommit(false);
    snapshot.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    Stage.number(snapshot, "SELECT count(*) FROM tally");
    return snapshot;
  }

  private static void closeAll(List<? extends AutoCloseable> open) throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
    open.clear();
  }

  private static Database prepare(Stage stage, Side side, String what) throws Exception {
    return Turn.prepare(stage, side, "churn_" + what, OffsetSpec.earliest());
  }

  private static double drain(Stage stage, Side side, Database database, Plan plan, String what)
      throws Exception {
    long before = stage.written(List.of(Trips.FLIGHT));
    long starts = stage.written(List.of(Trips.STARTED));
    Drain drain;
    try (Side.Running running = side.start(stage, database)) {
      drain = Drain.watch(stage, running, List.of(Trips.FLIGHT), before, starts, plan);
    }
    plan.progress()
        .accept(
            String.format(
                Locale.ROOT, "%-8s %-26s %,9.0f steps/s", side.name(), what, drain.perSecond()));
    return drain.perSecond();
  }
}
