// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.local.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;

/** Durable steps a second through a backlog: journal, trivial business, outbox, publish. */
final class StepsBenchmark implements Benchmark {

  /** About what the fastest side does; if it is faster, its window ends early. */
  private static final int STARTS_PER_SECOND = 35_000;

  private static final int[] THREADS_TO_TRY = {4, 12};
  private static final String SINGLE_LIMIT = "limit, single statements";
  private static final String UNIT = "steps/s";
  private static final String CPU = "µs of processor/step";

  @Override
  public List<Figure> run(Plan plan) throws Exception {
    try (Stage stage = Stage.open(plan.data(), plan.progress())) {
      int backlog = (int) (STARTS_PER_SECOND * plan.window().plus(Plan.WARM_UP).toMillis() / 1000);
      plan.progress().accept("publishing a backlog of %,d starts ...".formatted(backlog));
      publish(stage, backlog);
      Table table = new Table();
      List<Side> sides = sides(stage, plan);
      // The first turn of each is not counted: the compiler has not seen it before.
      for (int repeat = 0; repeat <= plan.repeats(); repeat++) {
        for (Side side : sides) {
          Drain drain = turn(stage, side, "steps_" + repeat, plan);
          if (repeat > 0) {
            add(table, side.name(), drain);
          }
        }
      }
      return table.figures();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the broker is asked how many it has
  static void publish(Stage stage, int count) {
    WireFormat format = new WireFormat(stage.prefixes());
    try (KafkaProducer<byte[], byte[]> producer = Clients.bulkProducer(stage.bootstrapServers())) {
      for (int number = 0; number < count; number++) {
        producer.send(Trips.start(number, format));
      }
      producer.flush();
    }
    long written = stage.written(List.of(Trips.STARTED));
    if (written < count) {
      throw new IllegalStateException(
          "%d starts were published, the broker has %d".formatted(count, written));
    }
  }

  private static List<Side> sides(Stage stage, Plan plan) throws Exception {
    List<Side> sides = new ArrayList<>();
    if (plan.has(Figure.LIMIT)) {
      sides.add(new Limit(Figure.LIMIT, new TallyWork(true)));
      sides.add(new Limit(SINGLE_LIMIT, new TallyWork(false)));
    }
    if (plan.has(Figure.OURS)) {
      sides.add(new Ours());
    }
    if (plan.has(Figure.USUAL)) {
      sides.add(bestUsual(stage, plan));
    }
    return sides;
  }

  private static Side bestUsual(Stage stage, Plan plan) throws Exception {
    Side best = null;
    double most = 0;
    for (int threads : THREADS_TO_TRY) {
      plan.progress().accept("trying the usual design with %d threads ...".formatted(threads));
      Side side = new Usual(threads);
      double rate = turn(stage, side, "usual_with_" + threads, plan).perSecond();
      if (best == null || rate > most) {
        best = side;
        most = rate;
      }
    }
    if (best == null) {
      throw new IllegalStateException("no number of threads to try");
    }
    return best;
  }

  /** One side works for a while, and what it has on record is compared with what it did. */
  private static Drain turn(Stage stage, Side side, String what, Plan plan) throws Exception {
    Database database = Turn.prepare(stage, side, what, OffsetSpec.earliest());
    long before = stage.written(List.of(Trips.FLIGHT));
    Drain drain;
    try (Side.Running running = side.start(stage, database)) {
      drain =
          Drain.watch(
              stage,
              running,
              List.of(Trips.FLIGHT),
              before,
              stage.written(List.of(Trips.STARTED)),
              plan);
    }
    requireDone(database, side, stage.written(List.of(Trips.FLIGHT)) - before, plan);
    plan.progress()
        .accept(
            String.format(
                Locale.ROOT,
                "%-26s %,9.0f steps/s  %,6.0f µs of processor and %,6.0f bytes of WAL a step",
                side.name(),
                drain.perSecond(),
                drain.cpuMicros(),
                drain.walBytes()));
    return drain;
  }

  /** Whoever is fast by leaving something out is not compared. */
  private static void requireDone(Database database, Side side, long published, Plan plan)
      throws SQLException {
    try (Connection connection = Stage.connect(database)) {
      long recorded = Stage.number(connection, side.recorded());
      long counted = Stage.number(connection, Tally.TOTAL);
      if (recorded != counted) {
        throw new IllegalStateException(
            "%s has %d steps on record and counted %d".formatted(side.name(), recorded, counted));
      }
      if (published > recorded) {
        // A batch took longer than the sweeper waits: the machine is too busy.
        plan.progress().accept("%d events were published twice".formatted(published - recorded));
      }
    }
  }

  private static void add(Table table, String side, Drain drain) {
    String as = side.equals(SINGLE_LIMIT) ? Figure.LIMIT : side;
    if (!side.equals(SINGLE_LIMIT)) {
      table.add("steps", UNIT, as, drain.perSecond());
      table.add("steps_cpu", CPU, as, drain.cpuMicros());
      table.add("steps_wal", "bytes/step", as, drain.walBytes());
    }
    if (!side.equals(Figure.LIMIT)) {
      table.add("steps_single", UNIT, as, drain.perSecond());
      table.add("steps_single_cpu", CPU, as, drain.cpuMicros());
    }
  }
}
