// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.local.Database;
import dev.choreography.tripbooking.TripBooking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.OffsetSpec;

/**
 * The trip booking as three processes, each with a database of its own.
 *
 * @param name {@code ours} or {@code limit}
 * @param carFailures the share of the sagas that the car rejects; for ours alone
 */
record TripSide(String name, double carFailures) {

  private static final int INVENTORY = 100_000_000;

  /**
   * Starts the three processes; they work until they are closed.
   *
   * @param what tells this turn's databases from those of others
   * @param begin where they begin to read the starts; what others left on other topics is not read
   */
  Running start(Stage stage, Path project, String what, OffsetSpec begin) throws Exception {
    List<ChildProcess> processes = new ArrayList<>();
    try {
      for (TripWork work : TripWork.values()) {
        String as = "%s_%s_%s".formatted(what, name, work.step());
        Database database = stage.database(as);
        List<String> all = new ArrayList<>(heard(work));
        String group = name.equals(Figure.OURS) ? work.participant() : Limit.group(work);
        stage.place(group, all, OffsetSpec.latest());
        if (all.contains(Trips.STARTED)) {
          stage.place(group, List.of(Trips.STARTED), begin);
        }
        Path log = project.resolve("benchmarks/target/logs/%s.log".formatted(as));
        processes.add(
            name.equals(Figure.OURS)
                ? service(stage, project, database, work, log)
                : limit(stage, project, database, work, log));
      }
      stage.settle();
      return new Running(processes);
    } catch (Exception e) {
      processes.forEach(ChildProcess::close);
      throw e;
    }
  }

  private List<String> heard(TripWork work) {
    return name.equals(Figure.OURS)
        ? TripBooking.CHOREOGRAPHY.topics().stream().toList()
        : Limit.topics(work);
  }

  private ChildProcess service(
      Stage stage, Path project, Database database, TripWork work, Path log)
      throws IOException, InterruptedException {
    stage.release(work.participant());
    Map<String, String> settings = serviceSettings(stage, database);
    settings.put(
        "FAILURE_RATE",
        work == TripWork.CAR ? String.format(Locale.ROOT, "%.3f", carFailures) : "0");
    return service(project, work, settings, log);
  }

  static Map<String, String> serviceSettings(Stage stage, Database database) {
    Map<String, String> settings = new HashMap<>();
    settings.put("KAFKA_BOOTSTRAP_SERVERS", stage.bootstrapServers());
    settings.put("SCHEMA_REGISTRY_URL", stage.kafka().getProperty("schema.registry.url"));
    settings.put("DATABASE_URL", database.jdbcUrl());
    settings.put("DATABASE_USER", database.user());
    settings.put("DATABASE_PASSWORD", database.password());
    settings.put("HTTP_PORT", "0");
    settings.put("INVENTORY_SIZE", Integer.toString(INVENTORY));
    return settings;
  }

  static ChildProcess service(Path project, TripWork work, Map<String, String> settings, Path log)
      throws IOException {
    String service = work.participant();
    Path jar = project.resolve(service).resolve("target").resolve(service + ".jar");
    if (!Files.isRegularFile(jar)) {
      throw new IllegalStateException(
          "%s is not built: there is no %s; run `mvn -DskipTests package`".formatted(service, jar));
    }
    String step = work.step();
    String main =
        "dev.choreography.%s.%s%sService"
            .formatted(step, step.substring(0, 1).toUpperCase(Locale.ROOT), step.substring(1));
    return ChildProcess.start(service, ChildProcess.classPath(jar), main, settings, log);
  }

  private static ChildProcess limit(
      Stage stage, Path project, Database database, TripWork work, Path log) throws Exception {
    Path migrations = project.resolve(work.participant() + "/src/main/resources/db/migration");
    try (Stream<Path> files = Files.list(migrations)) {
      for (Path file : files.sorted().toList()) {
        Stage.execute(
            database,
            Files.readString(file).replace("${inventory_size}", Integer.toString(INVENTORY)));
      }
    }
    Limit.createTables(database);
    return ChildProcess.start(
        "limit-" + work.step(),
        System.getProperty("java.class.path"),
        LimitProcess.class.getName(),
        LimitProcess.settings(stage, database, work),
        log);
  }

  /** The three at work. */
  record Running(List<ChildProcess> processes) implements Side.Running {
    @Override
    public void requireRunning() {
      processes.forEach(ChildProcess::requireRunning);
    }

    @Override
    public void close() {
      processes.forEach(process -> process.handle().destroy());
      processes.forEach(ChildProcess::close);
    }
  }
}
