// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.bench.CountedStatements.Counts;
import dev.choreography.local.Database;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;

/**
 * What the runtime itself sends to the database. Counted, not timed: the same on every machine, but
 * for how full batches are.
 */
final class CountsBenchmark implements Benchmark {

  private static final int BACKLOG = 60_000;
  private static final int ALONE = 20;

  /** Long enough for what follows a step, the forgetting of what was published, to be over. */
  private static final long APART_MS = 2_500;

  private static final Duration IDLE = Duration.ofSeconds(20);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String STEP = "per step";

  @Override
  public List<Figure> run(Plan plan) throws Exception {
    try (Stage stage = Stage.open(plan.data(), plan.progress())) {
      StepsBenchmark.publish(stage, BACKLOG);
      CountedStatements counted = new CountedStatements();
      Side side = Ours.batch(counted::in);
      Database database = Turn.prepare(stage, side, "counts", OffsetSpec.earliest());
      Table table = new Table();
      try (Side.Running running = side.start(stage, database)) {
        awaitOutput(stage, running, 1);
        Counts begin = counted.now();
        long before = stage.written(List.of(Trips.FLIGHT));
        awaitOutput(stage, running, BACKLOG);
        add(table, "saturated", STEP, counted.now().minus(begin), BACKLOG - before, plan);

        TimeUnit.MILLISECONDS.sleep(APART_MS);
        Counts quiet = counted.now();
        TimeUnit.SECONDS.sleep(IDLE.toSeconds());
        Counts idle = counted.now().minus(quiet);
        add(table, "idle", "per second", idle, IDLE.toSeconds(), plan);

        Counts lone = counted.now();
        oneByOne(stage, running);
        double seconds = ALONE * APART_MS / 1_000.0;
        Counts all = counted.now().minus(lone);
        Counts theirs =
            new Counts(
                all.statements() - Math.round(idle.statements() * seconds / IDLE.toSeconds()),
                all.commits() - Math.round(idle.commits() * seconds / IDLE.toSeconds()));
        add(table, "alone", STEP, theirs, ALONE, plan);
      }
      return table.figures();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what does not arrive is noticed
  private static void oneByOne(Stage stage, Side.Running running) throws InterruptedException {
    WireFormat format = new WireFormat(stage.prefixes());
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(stage.bootstrapServers())) {
      for (int i = 0; i < ALONE; i++) {
        long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(APART_MS);
        producer.send(Trips.start(BACKLOG + i, format));
        awaitOutput(stage, running, BACKLOG + i + 1);
        TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
      }
    }
  }

  private static void awaitOutput(Stage stage, Side.Running running, long count)
      throws InterruptedException {
    long begin = System.nanoTime();
    while (stage.written(List.of(Trips.FLIGHT)) < count) {
      running.requireRunning();
      if (System.nanoTime() - begin > PATIENCE.toNanos()) {
        throw new IllegalStateException(
            "after %s there were %d of %d steps"
                .formatted(PATIENCE, stage.written(List.of(Trips.FLIGHT)), count));
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  private static void add(
      Table table, String when, String unit, Counts counts, long steps, Plan plan) {
    double statements = (double) counts.statements() / steps;
    double commits = (double) counts.commits() / steps;
    table.add("statements_" + when, unit, Figure.OURS, statements);
    table.add("commits_" + when, unit, Figure.OURS, commits);
    plan.progress()
        .accept(
            String.format(
                Locale.ROOT,
                "%-26s %.4f statements and %.4f commits %s",
                when,
                statements,
                commits,
                unit));
  }
}
