// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/** The services of the trip booking, each with its own database and one or more instances. */
final class Services implements AutoCloseable {

  /** What the services would take by themselves; enough for a few bookings. */
  private static final int LEAST_INVENTORY = 200;

  private final Map<String, Database> databases = new LinkedHashMap<>();
  private final List<ServiceProcess> processes = new ArrayList<>();

  /**
   * Creates the databases.
   *
   * @param stepByService the one step that each hosts
   */
  Services(LocalEnvironment local, Map<String, String> stepByService) {
    stepByService.forEach(
        (service, step) -> databases.put(service, local.createDatabase(step + "s")));
  }

  /** The database of a service. */
  Database database(String service) {
    Database database = databases.get(service);
    if (database == null) {
      throw new IllegalArgumentException("no service " + service);
    }
    return database;
  }

  /** Starts the instances, and returns when all are up. */
  void start(
      LocalEnvironment local,
      Map<String, String> stepByService,
      DemoOptions options,
      DemoFolder folder,
      Consumer<String> progress)
      throws IOException, InterruptedException {
    Installation installation = Installation.running();
    Path guard = folder.guard();
    GuardedService.copyTo(guard);
    long begin = System.nanoTime();
    for (Map.Entry<String, String> service : stepByService.entrySet()) {
      Path jar = installation.serviceJar(service.getKey());
      Map<String, String> settings = settings(local, service.getKey(), service.getValue(), options);
      for (int instance = 1; instance <= options.instances(); instance++) {
        String name = service.getKey() + (options.instances() == 1 ? "" : "-" + instance);
        processes.add(
            ServiceProcess.start(name, jar, guard, settings, folder.logs().resolve(name + ".log")));
      }
    }
    for (ServiceProcess process : processes) {
      process.awaitUp();
      progress.accept(
          String.format(
              Locale.ROOT,
              "%s is up after %.1f s",
              process.name(),
              (System.nanoTime() - begin) / 1e9));
    }
  }

  private Map<String, String> settings(
      LocalEnvironment local, String service, String step, DemoOptions options) {
    Database database = database(service);
    Map<String, String> settings = new HashMap<>();
    settings.put("KAFKA_BOOTSTRAP_SERVERS", local.bootstrapServers());
    settings.put("SCHEMA_REGISTRY_URL", local.registryUrl());
    settings.put("DATABASE_URL", database.jdbcUrl());
    settings.put("DATABASE_USER", database.user());
    settings.put("DATABASE_PASSWORD", database.password());
    settings.put("HTTP_PORT", "0");
    settings.put("LOG_FORMAT", "plain");
    settings.put("INVENTORY_SIZE", Integer.toString(Math.max(LEAST_INVENTORY, options.bookings())));
    settings.put("FAILURE_RATE", String.format(Locale.ROOT, "%.9f", options.failures().of(step)));
    settings.put("FAILURE_SEED", Long.toString(options.seed()));
    return settings;
  }

  /** The instances. */
  List<ServiceProcess> processes() {
    return List.copyOf(processes);
  }

  /** Stops them, all at once, and returns when they are gone. */
  @Override
  public void close() {
    processes.forEach(ServiceProcess::askToEnd);
    processes.forEach(ServiceProcess::close);
  }
}
