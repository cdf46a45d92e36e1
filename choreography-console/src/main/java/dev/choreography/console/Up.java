// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.local.LocalOptions;
import dev.choreography.tripbooking.TripBooking;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;

/** Everything that the trip booking needs, running until it is interrupted. */
final class Up {

  private static final Choreography CHOREOGRAPHY = TripBooking.CHOREOGRAPHY;
  private static final long SECONDS_BETWEEN_LOOKS = 1;

  private final Failures failures;
  private final Consumer<Addresses> ready;
  private final Consumer<String> progress;
  private final UpState state = UpState.ofThisInstallation();

  /**
   * Not started yet.
   *
   * @param ready is told once, when all is up
   */
  Up(Failures failures, Consumer<Addresses> ready, Consumer<String> progress) {
    this.failures = failures;
    this.ready = ready;
    this.progress = progress;
  }

  /** Returns when it was interrupted and everything has stopped. */
  boolean run(Interruption interruption) throws Exception {
    if (state.read().isPresent()) {
      throw new Refusal(
          "one `saga up` is running already, and the other commands find it; stop it with Ctrl-C to"
              + " start another");
    }
    DemoFolder folder = new DemoFolder("saga-up-");
    OpenParts open = new OpenParts();
    boolean wasUp = false;
    try {
      Services services = start(folder, open);
      wasUp = true;
      watch(services);
    } catch (Exception e) {
      if (!interruption.wasInterrupted()) {
        throw e;
      }
    } finally {
      interruption.closing();
      progress.accept("stopping everything ...");
      open.close(progress);
      if (wasUp || interruption.wasInterrupted()) {
        folder.delete();
      } else {
        folder.deleteAllButLogs();
        progress.accept("the services' logs are in " + folder.logs());
      }
    }
    return true;
  }

  private Services start(DemoFolder folder, OpenParts open) throws Exception {
    progress.accept("starting Kafka, a schema registry and PostgreSQL on this machine ...");
    LocalEnvironment local =
        open.keep(
            LocalEnvironment.start(
                LocalOptions.defaults().withDataFolder(folder.data()).withProgress(progress)));
    Properties kafka = new Properties();
    kafka.setProperty(ClusterOptions.BOOTSTRAP, local.bootstrapServers());
    kafka.setProperty(ClusterOptions.REGISTRY, local.registryUrl());
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, CHOREOGRAPHY, DemoOptions.PARTITIONS, (short) 1);
    }
    Map<String, String> stepByService = new LinkedHashMap<>();
    CHOREOGRAPHY.steps().forEach(step -> stepByService.put(step.owner(), step.name()));
    Services services = open.keep(new Services(local, stepByService));
    DemoOptions options =
        new DemoOptions(1, Long.parseLong(DemoOptions.DEFAULT_SEED), Rate.parse("0"), failures, 1);
    services.start(local, stepByService, options, folder, progress);
    AutoCloseable told = state::delete;
    open.keep(told);
    state.write(kafka);
    ready.accept(addresses(local, services, folder));
    return services;
  }

  private static Addresses addresses(LocalEnvironment local, Services services, DemoFolder folder) {
    Map<String, String> databases = new LinkedHashMap<>();
    for (Step step : CHOREOGRAPHY.steps()) {
      databases.put(step.owner(), services.database(step.owner()).jdbcUrl());
    }
    Map<String, String> health = new LinkedHashMap<>();
    services.processes().forEach(process -> health.put(process.name(), process.healthUrl()));
    return new Addresses(
        local.bootstrapServers(), local.registryUrl(), databases, health, folder.logs());
  }

  /** A service that ends is told, and the others go on: its sagas wait. */
  private void watch(Services services) throws InterruptedException {
    Set<String> ended = new HashSet<>();
    while (true) {
      for (ServiceProcess process : services.processes()) {
        if (!process.isRunning() && ended.add(process.name())) {
          progress.accept(
              "%s has ended, and its sagas wait; stop all with Ctrl-C and start again"
                  .formatted(process.name()));
        }
      }
      TimeUnit.SECONDS.sleep(SECONDS_BETWEEN_LOOKS);
    }
  }
}
