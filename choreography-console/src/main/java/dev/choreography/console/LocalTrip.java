// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.Step;
import dev.choreography.avro.EventClasses;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.local.LocalOptions;
import dev.choreography.tripbooking.TripBooking;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;

/**
 * The trip booking on this machine: Kafka, a schema registry, PostgreSQL, the topics and the three
 * services, up while some work is done and put away again after it, however it ends.
 *
 * @param kafka client properties
 * @param open closed in reverse after the work; more can be kept in it
 */
record LocalTrip(
    LocalEnvironment environment,
    Properties kafka,
    Services services,
    DemoFolder folder,
    OpenParts open) {

  static final Choreography CHOREOGRAPHY = TripBooking.CHOREOGRAPHY;

  /** What is done while all is up. */
  interface Work {
    /** Whether everything that was promised holds. */
    boolean with(LocalTrip trip) throws Exception;
  }

  /**
   * Starts all of it, does the work, and stops all of it.
   *
   * @param prefix of the temporary folder's name
   * @return whether it holds; false if it was interrupted
   */
  static boolean during(
      String prefix,
      DemoOptions options,
      Interruption interruption,
      Consumer<String> progress,
      Work work)
      throws Exception {
    DemoFolder folder = DemoFolder.create(Path.of(System.getProperty("java.io.tmpdir")), prefix);
    OpenParts open = new OpenParts();
    boolean holds = false;
    try {
      holds = work.with(start(options, folder, open, progress));
    } catch (Exception e) {
      if (!interruption.wasInterrupted()) {
        throw e;
      }
    } finally {
      interruption.closing();
      if (interruption.wasInterrupted()) {
        progress.accept("interrupted, stopping everything ...");
      }
      open.close(progress);
      if (holds || interruption.wasInterrupted() || !folder.hasLogs()) {
        folder.delete();
      } else {
        folder.deleteAllButLogs();
        progress.accept("the services' logs are in " + folder.logs());
      }
    }
    return holds;
  }

  private static LocalTrip start(
      DemoOptions options, DemoFolder folder, OpenParts open, Consumer<String> progress)
      throws Exception {
    progress.accept("starting Kafka, a schema registry and PostgreSQL on this machine ...");
    LocalEnvironment environment =
        open.keep(
            LocalEnvironment.start(
                LocalOptions.defaults().withDataFolder(folder.data()).withProgress(progress)));
    Properties kafka = new Properties();
    kafka.setProperty(ClusterOptions.BOOTSTRAP, environment.bootstrapServers());
    kafka.setProperty(ClusterOptions.REGISTRY, environment.registryUrl());
    createTopics(kafka, progress);
    Map<String, String> stepByService = new LinkedHashMap<>();
    for (Step step : CHOREOGRAPHY.steps()) {
      stepByService.put(step.owner(), step.name());
    }
    progress.accept(
        "starting %s, %s of each ..."
            .formatted(String.join(", ", stepByService.keySet()), options.instances()));
    Services services = open.keep(new Services(environment, stepByService));
    services.start(environment, stepByService, options, folder, progress);
    return new LocalTrip(environment, kafka, services, folder, open);
  }

  private static void createTopics(Properties kafka, Consumer<String> progress)
      throws InterruptedException {
    progress.accept("creating the topics, %s partitions each".formatted(DemoOptions.PARTITIONS));
    EventClasses.trust(List.of(ChoreographyDeclared.class));
    EventClasses.trust(CHOREOGRAPHY.events().stream().map(EventType::type).toList());
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, CHOREOGRAPHY, DemoOptions.PARTITIONS, (short) 1);
    }
  }
}
