// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.local.Database;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
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
      int backlog = (int) (STARTS_PER_SECOND * plan.window().plus(Plan.WARM_UP).toMillis() / 1000);
      plan.progress().accept("publishing a backlog of %,d starts ...".formatted(backlog));
      StepsBenchmark.publish(stage, backlog);
      Side side = Ours.batch(1);
      double fresh = drain(stage, side, prepare(stage, side, "fresh"), plan, "fresh");

      Database old = prepare(stage, side, "old");
      plan.progress().accept("ending %,d sagas ...".formatted(ENDED));
      side.start(stage, old).close();
      Stage.execute(old, END_SAGAS, "VACUUM ANALYZE choreography_journal");
      stage.place(side.group(), side.topics(), OffsetSpec.earliest());
      stage.settle();
      double ended = drain(stage, side, old, plan, "with ended sagas");

      double held = held(stage, side, backlog, plan);

      Table table = new Table();
      table.add("churn_ended_over_fresh", "ratio", Figure.OURS, ended / fresh);
      table.add("churn_snapshot_over_fresh", "ratio", Figure.OURS, held / fresh);
      return table.figures();
    }
  }

  private static double held(Stage stage, Side side, int backlog, Plan plan) throws Exception {
    Database database = Turn.prepare(stage, side, "churn_held", OffsetSpec.latest());
    try (Connection snapshot = Stage.connect(database);
        Statement statement = snapshot.createStatement()) {
      try (Side.Running running = side.start(stage, database)) {
        snapshot.setAutoCommit(false);
        statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        Stage.number(snapshot, "SELECT count(*) FROM tally");
        plan.progress()
            .accept(
                "working for %d minutes with a snapshot held, %,d a second ..."
                    .formatted(HELD_MINUTES, WHILE_HELD_PER_SECOND));
        try (SteadyStarts load = SteadyStarts.begin(stage, 2 * backlog, WHILE_HELD_PER_SECOND)) {
          TimeUnit.MINUTES.sleep(HELD_MINUTES);
          running.requireRunning();
          plan.progress().accept("%,d sagas were started".formatted(load.published()));
        }
      }
      // The same starts again: the first of them are new to this database.
      stage.place(side.group(), side.topics(), OffsetSpec.earliest());
      stage.settle();
      return drain(stage, side, database, plan, "with a snapshot held");
    }
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
        .accept(String.format(Locale.ROOT, "%-26s %,9.0f steps/s", what, drain.perSecond()));
    return drain.perSecond();
  }
}
