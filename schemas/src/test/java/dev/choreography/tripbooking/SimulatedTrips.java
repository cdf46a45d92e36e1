// SPDX-License-Identifier: Apache-2.0
package dev.choreography.tripbooking;

import com.sun.management.OperatingSystemMXBean;
import dev.choreography.testkit.Simulation;
import dev.choreography.testkit.World;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.Map;

/** How many trips a processor's second simulates, with all faults and real events. */
final class SimulatedTrips {

  private static final int WARM_UP = 100_000;

  private SimulatedTrips() {}

  /** Takes the number of sagas, 1,000,000 unless said, and a seed. */
  public static void main(String[] args) {
    int sagas = args.length > 0 ? Integer.parseInt(args[0]) : 1_000_000;
    long seed = args.length > 1 ? Long.parseLong(args[1]) : 1;
    Simulation simulation = Simulation.defaults().withSeed(seed);
    simulation.withSagas(WARM_UP).run(TripBooking.CHOREOGRAPHY, SimulatedTrips::world);
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long before = system.getProcessCpuTime();
    Simulation.Report report =
        simulation.withSagas(sagas).run(TripBooking.CHOREOGRAPHY, SimulatedTrips::world);
    double seconds = (system.getProcessCpuTime() - before) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%s%n%.1f s of processor time, %.0f sagas a second of it%n",
        report,
        seconds,
        sagas / seconds);
  }

  private static void world(World world) {
    Map<String, Integer> free = world.table();
    Map<String, String> taken = world.table();
    free.put(TripSimulationTest.TRIP.getHotelId(), 80);
    world
        .starts(id -> new BookingStarted(id, TripSimulationTest.TRIP))
        .<BookingStarted>fakes(
            "flight", 0.1, asked -> new FlightBooked(asked.getSagaId(), asked.getTrip(), "F-1", 1))
        .hosts("hotel", new BookHotelFake(free, taken))
        .<HotelBooked>fakes(
            "car", 0.3, booked -> new CarBooked(booked.getSagaId(), booked.getTrip(), "C-1"))
        .conserves("rooms", () -> free.get(TripSimulationTest.TRIP.getHotelId()) + taken.size());
  }
}
