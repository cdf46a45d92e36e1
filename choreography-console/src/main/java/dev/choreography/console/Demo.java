// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.Step;
import dev.choreography.avro.EventClasses;
import dev.choreography.console.Inventory.Stock;
import dev.choreography.console.Journal.Row;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.kafka.Declarations;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.kafka.Topics;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.local.LocalOptions;
import dev.choreography.protocol.State;
import dev.choreography.tripbooking.TripBooking;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;

/** The trip booking, from nothing to the final state, and everything put away again. */
final class Demo {

  private static final Choreography CHOREOGRAPHY = TripBooking.CHOREOGRAPHY;

  private final DemoOptions options;
  private final Output output;
  private final Consumer<String> progress;

  Demo(DemoOptions options, Output output, Consumer<String> progress) {
    this.options = options;
    this.output = output;
    this.progress = progress;
  }

  /** Whether everything that was promised holds. */
  boolean run(Interruption interruption) throws Exception {
    DemoFolder folder = new DemoFolder("saga-demo-");
    OpenParts open = new OpenParts();
    boolean holds = false;
    try {
      holds = play(folder, open);
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
      if (holds || interruption.wasInterrupted()) {
        folder.delete();
      } else {
        folder.deleteAllButLogs();
        progress.accept("the services' logs are in " + folder.logs());
      }
    }
    return holds;
  }

  private boolean play(DemoFolder folder, OpenParts open) throws Exception {
    progress.accept("starting Kafka, a schema registry and PostgreSQL on this machine ...");
    LocalEnvironment local =
        open.keep(
            LocalEnvironment.start(
                LocalOptions.defaults().withDataFolder(folder.data()).withProgress(progress)));
    Properties kafka = new Properties();
    kafka.setProperty("bootstrap.servers", local.bootstrapServers());
    kafka.setProperty("schema.registry.url", local.registryUrl());
    createTopics(kafka);
    Map<String, String> stepByService = new LinkedHashMap<>();
    for (Step step : CHOREOGRAPHY.steps()) {
      stepByService.put(step.owner(), step.name());
    }
    progress.accept(
        "starting %s, %d of each ..."
            .formatted(String.join(", ", stepByService.keySet()), options.instances()));
    Services services = open.keep(new Services(local, stepByService));
    services.start(local, stepByService, options, folder, progress);
    Declaration declaration = declaration(kafka);
    EventReader reader =
        open.keep(
            new EventReader(
                kafka,
                declaration.topics(),
                declaration.participants().stream()
                    .map(Topics::deadLetters)
                    .collect(Collectors.toSet())));
    progress.accept(
        "booking %d trips with seed %d, %s ..."
            .formatted(options.bookings(), options.seed(), options.rate()));
    Observation observation = new Observation(declaration, options, reader, output);
    BackgroundTask publishing =
        open.keep(new BackgroundTask("bookings", new BookingPublisher(kafka, options)));
    observation.untilAllEnded(services, publishing);
    return conclude(declaration, observation, services, reader);
  }

  private void createTopics(Properties kafka) throws InterruptedException {
    progress.accept("creating the topics, %d partitions each".formatted(DemoOptions.PARTITIONS));
    EventClasses.trust(List.of(ChoreographyDeclared.class));
    EventClasses.trust(CHOREOGRAPHY.events().stream().map(EventType::type).toList());
    try (Admin admin = Admin.create(kafka)) {
      Topics.create(admin, CHOREOGRAPHY, DemoOptions.PARTITIONS, (short) 1);
    }
  }

  /** As the services declared it. */
  private static Declaration declaration(Properties properties) {
    KafkaSettings kafka = KafkaSettings.of(properties);
    String key = CHOREOGRAPHY.name() + ":" + CHOREOGRAPHY.version();
    ChoreographyDeclared declared = new Declarations(kafka, new KafkaCodec(kafka)).read().get(key);
    if (declared == null) {
      throw new NoSuchElementException(
          "topic %s has no declaration %s, which the services should have put there"
              .formatted(Topics.CHOREOGRAPHIES, key));
    }
    return Declaration.of(declared);
  }

  private boolean conclude(
      Declaration declaration, Observation observation, Services services, EventReader reader)
      throws SQLException, InterruptedException {
    List<Stock> stocks = new ArrayList<>();
    Map<String, Map<Row, State>> journals = new HashMap<>();
    for (Inventory inventory : Inventory.values()) {
      Step step = CHOREOGRAPHY.step(inventory.step());
      stocks.add(inventory.read(services.database(step.owner())));
      journals.put(
          step.name(), Journal.states(services.database(step.owner()), declaration.name()));
    }
    FinalState state =
        FinalState.of(declaration, observation.traces(), stocks, journals)
            .with(reader.deadLetters());
    output.finalState(state, observation.seconds());
    for (ServiceProcess process : services.processes()) {
      progress.accept("%s: %s".formatted(process.name(), process.health().path("detail").asText()));
    }
    return state.holds();
  }
}
