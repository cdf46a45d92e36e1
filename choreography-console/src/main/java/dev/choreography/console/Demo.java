// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.console.Inventory.Stock;
import dev.choreography.console.Journal.Row;
import dev.choreography.console.trace.Declaration;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.kafka.Declarations;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.kafka.Topics;
import dev.choreography.protocol.State;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** The trip booking, from nothing to the final state, and everything put away again. */
final class Demo {

  private static final Choreography CHOREOGRAPHY = LocalTrip.CHOREOGRAPHY;

  private final DemoOptions options;
  private final boolean keep;
  private final Output output;
  private final Consumer<String> progress;

  /**
   * Not started yet.
   *
   * @param keep whether all of it stays up at the end, until it is interrupted
   */
  Demo(DemoOptions options, boolean keep, Output output, Consumer<String> progress) {
    this.options = options;
    this.keep = keep;
    this.output = output;
    this.progress = progress;
  }

  /** Whether everything that was promised holds. */
  boolean run(Interruption interruption) throws Exception {
    return LocalTrip.during("saga-demo-", options, interruption, progress, this::play);
  }

  private boolean play(LocalTrip trip) throws Exception {
    Declaration declaration = declaration(trip.kafka());
    EventReader reader =
        trip.open()
            .keep(
                new EventReader(
                    trip.kafka(),
                    declaration.topics(),
                    declaration.participants().stream()
                        .map(Topics::deadLetters)
                        .collect(Collectors.toSet())));
    progress.accept(
        "booking %s trips with seed %s, %s ..."
            .formatted(options.bookings(), options.seed(), options.rate()));
    Observation observation = new Observation(declaration, options, reader, output);
    BackgroundTask publishing =
        trip.open()
            .keep(new BackgroundTask("bookings", new BookingPublisher(trip.kafka(), options)));
    LocalConsole console = keep ? LocalConsole.start(trip) : null;
    observation.untilAllEnded(trip.services(), publishing);
    boolean holds = conclude(declaration, observation, trip.services(), reader);
    if (console != null) {
      new Addresses.Page(console.url(), console.readToken(), console.actToken())
          .text()
          .forEach(progress);
      progress.accept("Ctrl-C stops everything.");
      Up.watch(trip.services(), progress);
    }
    return holds;
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
