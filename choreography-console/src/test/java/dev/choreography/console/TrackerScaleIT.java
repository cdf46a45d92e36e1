// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.console.trace.Declaration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * {@code mvn verify -pl choreography-console -am -Dit.test=TrackerScaleIT -Dscale.sagas=100000}: a
 * list and a saga with many tracked against a few, in one run, with a heap of 512 MB and sagas
 * flowing; and how fast events are folded against how fast they are produced.
 */
@EnabledIfSystemProperty(named = "scale.sagas", matches = "\\d+")
class TrackerScaleIT {

  private static final int FEW = 1_000;
  private static final int ASKED = 1_500;
  private static final int WARM_UP = 1_500;
  private static final double AT_MOST = 1.5;
  private static final int FLOWING_PER_SECOND = 20;
  private static final long SECONDS_TO_FOLD = 900;

  private final TrackedCluster cluster;
  private final Declaration alpha;
  private final ServiceProcess console;
  private final AtomicBoolean flows = new AtomicBoolean();
  private int published;

  TrackerScaleIT() throws Exception {
    cluster = new TrackedCluster();
    alpha = cluster.declare("alpha", 4);
    console = cluster.console("scale", "", "512m");
    console.awaitUp();
  }

  /** In microseconds. */
  private record Latency(double median, double p99) {
    @Override
    public String toString() {
      return String.format(Locale.ROOT, "median %.0f us, p99 %.0f us", median, p99);
    }
  }

  @Test
  void many_sagas_are_listed_and_shown_as_fast_as_few() throws Exception {
    int many = Integer.parseInt(System.getProperty("scale.sagas"));
    try {
      publishUpTo(FEW);
      asked("/api/sagas?limit=50", WARM_UP);
      asked("/api/sagas/alpha/saga-000500", WARM_UP);
      Latency[] few = flowing();
      publishUpTo(many);
      Latency[] all = flowing();
      System.out.printf("list  %d: %s; %d: %s%n", FEW, few[0], many, all[0]);
      System.out.printf("saga  %d: %s; %d: %s%n", FEW, few[1], many, all[1]);
      for (int i = 0; i < few.length; i++) {
        System.out.printf(
            Locale.ROOT,
            "ratio median %.2f, p99 %.2f%n",
            all[i].median() / few[i].median(),
            all[i].p99() / few[i].p99());
      }
      for (int i = 0; i < few.length; i++) {
        assertThat(all[i].median() / few[i].median()).isLessThanOrEqualTo(AT_MOST);
        assertThat(all[i].p99() / few[i].p99()).isLessThanOrEqualTo(AT_MOST);
      }
    } finally {
      cluster.close();
    }
  }

  private void publishUpTo(int sagas) throws Exception {
    long begin = System.nanoTime();
    long before = folded();
    int first = published;
    for (; published < sagas; published++) {
      cluster.publishLater(alpha, "saga-%06d".formatted(published));
    }
    cluster.flush();
    double produced = seconds(begin);
    long events = (long) (published - first) * TrackedCluster.COMPLETED.length;
    while (folded() - before < events) {
      assertThat(seconds(begin)).as("folded in time").isLessThan(SECONDS_TO_FOLD);
      TimeUnit.MILLISECONDS.sleep(200);
    }
    double folded = seconds(begin);
    System.out.printf(
        Locale.ROOT,
        "%d events: produced %.0f/s, folded %.0f/s, ratio %.2f%n",
        events,
        events / produced,
        events / folded,
        produced / folded);
  }

  private static double seconds(long begin) {
    return (System.nanoTime() - begin) / 1e9;
  }

  private long folded() throws Exception {
    return cluster.read(console, "/api/overview").path("folded").asLong();
  }

  /** A list and a saga, while others come and end. */
  private Latency[] flowing() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    flows.set(true);
    Future<?> flow =
        thread.submit(
            () -> {
              for (int i = 0; flows.get(); i++) {
                cluster.publishLater(alpha, "flowing-%d-%06d".formatted(published, i));
                TimeUnit.MILLISECONDS.sleep(1_000 / FLOWING_PER_SECOND);
              }
              return null;
            });
    try {
      return new Latency[] {
        asked("/api/sagas?limit=50", ASKED), asked("/api/sagas/alpha/saga-000500", ASKED)
      };
    } finally {
      flows.set(false);
      flow.get();
      thread.shutdown();
    }
  }

  private Latency asked(String path, int times) throws Exception {
    double[] micros = new double[times];
    for (int i = 0; i < times; i++) {
      long begin = System.nanoTime();
      int status =
          cluster.get(console, path, TrackedCluster.bearer(TrackedCluster.READ)).statusCode();
      micros[i] = (System.nanoTime() - begin) / 1e3;
      assertThat(status).isEqualTo(200);
    }
    Arrays.sort(micros);
    return new Latency(micros[times / 2], micros[times * 99 / 100]);
  }
}
