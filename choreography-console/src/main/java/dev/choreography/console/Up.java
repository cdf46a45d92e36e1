// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.Step;
import dev.choreography.console.trace.Refusal;
import dev.choreography.local.Database;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Everything that the trip booking needs, running until it is interrupted. */
final class Up {

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
    DemoOptions options =
        new DemoOptions(1, Long.parseLong(DemoOptions.DEFAULT_SEED), Rate.parse("0"), failures, 1);
    LocalTrip.during("saga-up-", options, interruption, progress, this::stay);
    return true;
  }

  private boolean stay(LocalTrip trip) throws Exception {
    AutoCloseable told = state::delete;
    trip.open().keep(told);
    LocalConsole console = LocalConsole.start(trip);
    Properties found = new Properties();
    found.putAll(trip.kafka());
    found.setProperty(UpState.CONSOLE_URL, console.url());
    found.setProperty(UpState.CONSOLE_TOKEN, console.readToken());
    state.write(found);
    ready.accept(addresses(trip, console));
    return watch(trip.services(), progress);
  }

  private static Addresses addresses(LocalTrip trip, LocalConsole console) {
    Map<String, String> databases = new LinkedHashMap<>();
    for (Step step : LocalTrip.CHOREOGRAPHY.steps()) {
      databases.put(step.owner(), url(trip.services().database(step.owner())));
    }
    databases.put(Addresses.YOURS, url(trip.environment().createDatabase("yours")));
    Map<String, String> health = new LinkedHashMap<>();
    trip.services().processes().forEach(each -> health.put(each.name(), each.healthUrl()));
    return new Addresses(
        trip.environment().bootstrapServers(),
        trip.environment().registryUrl(),
        databases,
        health,
        trip.folder().logs(),
        new Addresses.Page(console.url(), console.readToken(), console.actToken()));
  }

  private static String url(Database database) {
    return "%s?user=%s&password=%s"
        .formatted(database.jdbcUrl(), database.user(), database.password());
  }

  /** A service that ends is told, and the others go on: its sagas wait. */
  static boolean watch(Services services, Consumer<String> progress) throws InterruptedException {
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
