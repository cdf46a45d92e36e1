// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/** How many parallel trips a processor's second simulates, with all faults. */
final class SimulatedParallelTrips {

  private static final int WARM_UP = 100_000;

  private SimulatedParallelTrips() {}

  /** Takes the number of sagas, 1,000,000 unless said, and a seed. */
  public static void main(String[] args) {
    int sagas = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    long seed = args.length > 1 ? Long.parseLong(args[1]) : 1;
    Simulation simulation = Simulation.defaults().withSeed(seed);
    simulation.withSagas(WARM_UP).run(Trips.PARALLEL, Trips::parallel);
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long before = system.getProcessCpuTime();
    Simulation.Report report = simulation.withSagas(sagas).run(Trips.PARALLEL, Trips::parallel);
    double seconds = (system.getProcessCpuTime() - before) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%s%n%.1f s of processor time, %.0f sagas a second of it%n",
        report,
        seconds,
        sagas / seconds);
  }
}
