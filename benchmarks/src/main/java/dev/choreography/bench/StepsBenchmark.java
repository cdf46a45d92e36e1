// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.local.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;

/** Durable steps a second through a backlog: journal, trivial business, outbox, publish. */
final class StepsBenchmark implements Benchmark {

  /** About what the fastest side does; if it is faster, its window ends early. */
  private static final int STARTS_PER_SECOND = 35_000;

  /** Of a pipeline with batches, each thread with a consumer and a connection. */
  private static final int[] THREADS = {1, 2};

  private static final int[] USUAL_THREADS = {4, 12};
  private static final String SINGLE_LIMIT = "limit, single statements";
  private static final String SINGLE_OURS = "ours, single handlers";
  private static final String UNIT = "steps/s";
  private static final String CPU = "µs of processor/step";

  @Override
  public List<Figure> run(Plan plan) throws Exception {
    try (Stage stage = Stage.open(plan.data(), plan.progress())) {
      int backlog = plan.inATurn(STARTS_PER_SECOND);
      plan.progress().accept("publishing a backlog of %,d starts ...".formatted(backlog));
      publish(stage, backlog);
      Table table = new Table();
      List<Side> sides = sides(stage, plan);
      for (int repeat = 0; repeat < plan.repeats(); repeat++) {
        for (Side side : sides) {
          add(table, side.name(), turn(stage, side, "steps_" + repeat, plan));
        }
      }
      return table.figures();
    }
  }

  static void publish(Stage stage, int count) {
    publish(stage, 0, count);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the callback is told the same
  static void publish(Stage stage, int first, int count) {
    WireFormat format = new WireFormat(stage.prefixes());
    AtomicReference<Exception> failure = new AtomicReference<>();
    try (KafkaProducer<byte[], byte[]> producer = Clients.bulkProducer(stage.bootstrapServers())) {
      for (int number = first; number < first + count; number++) {
        producer.send(
            Trips.start(number, format),
            (metadata, problem) -> failure.compareAndSet(null, problem));
      }
      producer.flush();
    }
    long written = stage.written(List.of(Trips.STARTED));
    if (written < count) {
      throw new IllegalStateException(
          "%d starts were published, the broker has %d".formatted(count, written), failure.get());
    }
  }

  private static List<Side> sides(Stage stage, Plan plan) throws Exception {
    List<Side> sides = new ArrayList<>();
    if (plan.has(Figure.LIMIT)) {
      sides.add(best(stage, plan, THREADS, n -> new Limit(Figure.LIMIT, new TallyWork(true), n)));
      sides.add(best(stage, plan, THREADS, n -> new Limit(SINGLE_LIMIT, new TallyWork(false), n)));
    }
    if (plan.has(Figure.OURS)) {
      sides.add(best(stage, plan, THREADS, Ours::batch));
      sides.add(best(stage, plan, THREADS, n -> Ours.single(SINGLE_OURS, n)));
    }
    if (plan.has(Figure.USUAL)) {
      sides.add(best(stage, plan, USUAL_THREADS, Usual::new));
    }
    return sides;
  }

  /**
   * A side with as many threads as help it. These turns are not counted: the compiler has not seen
   * them before.
   */
  private static Side best(Stage stage, Plan plan, int[] numbers, IntFunction<Side> sides)
      throws Exception {
    Side best = sides.apply(numbers[0]);
    double most = 0;
    for (int threads : numbers) {
      plan.progress().accept("trying with %d threads ...".formatted(threads));
      Side side = sides.apply(threads);
      double rate = turn(stage, side, "with_" + threads, plan).perSecond();
      if (rate > most) {
        best = side;
        most = rate;
      }
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

  /** The usual design has but one form. */
  private static void add(Table table, String side, Drain drain) {
    boolean single = side.equals(SINGLE_LIMIT) || side.equals(SINGLE_OURS);
    String as =
        side.equals(SINGLE_LIMIT) ? Figure.LIMIT : side.equals(SINGLE_OURS) ? Figure.OURS : side;
    if (!single) {
      table.add("steps", UNIT, as, drain.perSecond());
      table.add("steps_cpu", CPU, as, drain.cpuMicros());
      table.add("steps_wal", "bytes/step", as, drain.walBytes());
    }
    if (single || side.equals(Figure.USUAL)) {
      table.add("steps_single", UNIT, as, drain.perSecond());
      table.add("steps_single_cpu", CPU, as, drain.cpuMicros());
    }
  }
}
