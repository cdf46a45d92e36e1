// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.local.Database;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The flight service, as a process that is ready. */
final class Service {

  private static final String READY = "flight-service is up";
  private static final Duration TO_COME_UP = Duration.ofSeconds(90);
  private static final Pattern TOTAL = Pattern.compile("Total\\s+\\d+\\s+(\\d+)");

  private Service() {}

  /** Starts it and waits until it says that it is up. */
  static ChildProcess start(Stage stage, Plan plan, Database database, String name)
      throws IOException, InterruptedException {
    Path log = plan.project().resolve("benchmarks/target/logs/%s.log".formatted(name));
    stage.release(TripWork.FLIGHT.participant());
    ChildProcess service =
        TripSide.service(
            plan.project(), TripWork.FLIGHT, TripSide.serviceSettings(stage, database), log);
    long begin = System.nanoTime();
    while (!service.said().contains(READY)) {
      service.requireRunning();
      if (System.nanoTime() - begin > TO_COME_UP.toNanos()) {
        service.close();
        throw new IllegalStateException(name + " was not up after " + TO_COME_UP);
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
    return service;
  }

  /** Processor time so far. */
  static Duration cpu(ChildProcess process) {
    return process
        .handle()
        .info()
        .totalCpuDuration()
        .orElseThrow(() -> new IllegalStateException("this system does not tell processor time"));
  }

  /** Bytes of objects in use, after a collection. */
  static long liveHeap(ChildProcess process) throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.handle().pid()),
                "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String said = new String(jcmd.getInputStream().readAllBytes(), UTF_8);
    jcmd.waitFor();
    Matcher total = TOTAL.matcher(said);
    if (!total.find()) {
      throw new IllegalStateException("jcmd told no heap: " + said.lines().findFirst().orElse(""));
    }
    return Long.parseLong(total.group(1));
  }
}
