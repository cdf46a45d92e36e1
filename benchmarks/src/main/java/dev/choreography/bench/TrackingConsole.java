// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.tripbooking.TripBooking;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A console as a process of its own, which tracks what is published after a time. */
final class TrackingConsole implements AutoCloseable {

  /** All that it reads of a trip. */
  static final List<String> TRACKED = TripBooking.CHOREOGRAPHY.topics();

  private static final String GROUP = "choreography-console";
  private static final String PROGRAM = "choreography-console";
  private static final String MAIN_CLASS = "dev.choreography.console.Console";
  private static final String HEAP = "512m";
  private static final String TOKEN = "to-read-what-is-measured";
  private static final Duration TO_COME_UP = Duration.ofSeconds(90);
  private static final Duration TO_ANSWER = Duration.ofSeconds(10);
  private static final Pattern PORT = Pattern.compile("http_port=(\\d+)");
  private static final Pattern FOLDED =
      Pattern.compile("(?m)^choreography_events_folded_total (\\d+)$");

  private final HttpClient http = HttpClient.newHttpClient();
  private final ChildProcess process;

  private TrackingConsole(ChildProcess process) {
    this.process = process;
  }

  /** Lets the next one know nothing of what has been published until now. */
  static void begin(Stage stage) throws InterruptedException {
    stage.forget(GROUP, TRACKED);
  }

  /** Starts one, and waits until it is up. */
  static TrackingConsole start(Stage stage, Plan plan, int turn)
      throws IOException, InterruptedException {
    Path jar = plan.project().resolve(PROGRAM).resolve("target").resolve(PROGRAM + ".jar");
    if (!Files.isRegularFile(jar)) {
      throw new IllegalStateException(
          "the console is not built: there is no %s; run `mvn -DskipTests package`".formatted(jar));
    }
    Map<String, String> settings =
        Map.of(
            "KAFKA_BOOTSTRAP_SERVERS",
            stage.bootstrapServers(),
            "SCHEMA_REGISTRY_URL",
            stage.kafka().getProperty("schema.registry.url"),
            "SAGA_CONFIG",
            "",
            "SAGA_CONSOLE_PORT",
            "0",
            "SAGA_READ_TOKEN",
            TOKEN);
    Path log = plan.project().resolve("benchmarks/target/logs/console_%d.log".formatted(turn));
    TrackingConsole console =
        new TrackingConsole(
            ChildProcess.start(
                new ChildProcess.Program(
                    PROGRAM, HEAP, ChildProcess.classPath(jar), List.of(MAIN_CLASS, "console")),
                settings,
                log));
    try {
      console.awaitUp();
    } catch (Exception e) {
      console.close();
      throw e;
    }
    return console;
  }

  private void awaitUp() throws IOException, InterruptedException {
    long begin = System.nanoTime();
    while (!process.said().contains("http_port=") || get("/health").statusCode() != 200) {
      process.requireRunning();
      if (System.nanoTime() - begin > TO_COME_UP.toNanos()) {
        throw new IllegalStateException("the console was not up after " + TO_COME_UP);
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  /** How many events it has added to sagas. */
  long folded() throws IOException, InterruptedException {
    process.requireRunning();
    HttpResponse<String> metrics = get("/metrics");
    if (metrics.statusCode() != 200) {
      throw new IllegalStateException("the console said: " + metrics.body());
    }
    Matcher folded = FOLDED.matcher(metrics.body());
    return folded.find() ? Long.parseLong(folded.group(1)) : 0;
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    Matcher port = PORT.matcher(process.said());
    if (!port.find()) {
      throw new IllegalStateException("the console has not said where it listens");
    }
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port.group(1) + path))
            .header("Authorization", "Bearer " + TOKEN)
            .timeout(TO_ANSWER)
            .build(),
        BodyHandlers.ofString());
  }

  @Override
  public void close() {
    process.close();
  }
}
