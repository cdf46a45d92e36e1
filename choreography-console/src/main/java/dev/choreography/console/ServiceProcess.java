// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes.Name;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One instance of a service, a process of its own that ends when this one does. */
final class ServiceProcess implements AutoCloseable {

  private static final Duration TO_COME_UP = Duration.ofSeconds(90);
  private static final Duration TO_ANSWER = Duration.ofSeconds(2);
  private static final long SECONDS_TO_CLOSE = 10;
  private static final int LINES_SHOWN = 15;
  private static final Pattern PORT = Pattern.compile("http_port=(\\d+)");
  private static final Path OWN_SESSION = Path.of("/usr/bin/setsid");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(TO_ANSWER).build();

  private final String name;
  private final Process process;
  private final Path log;
  private int port;

  private ServiceProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts it and does not wait.
   *
   * @param name for people
   * @param jar with a main class in its manifest
   * @param guard a folder that has {@link GuardedService}
   * @param settings environment variables
   * @param log gets what it prints
   */
  static ServiceProcess start(
      String name, Path jar, Path guard, Map<String, String> settings, Path log)
      throws IOException {
    return start(new Program(name, jar, "128m", List.of()), guard, settings, log);
  }

  /**
   * What is run.
   *
   * @param name for people
   * @param jar with a main class in its manifest
   * @param heap the most it may take
   * @param arguments of its main class
   */
  record Program(String name, Path jar, String heap, List<String> arguments) {}

  /** The same with a heap and arguments of its own. */
  static ServiceProcess start(Program program, Path guard, Map<String, String> settings, Path log)
      throws IOException {
    Path jar = program.jar();
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(OWN_SESSION)) {
      command.add(OWN_SESSION.toString()); // Ctrl-C is for us, who then stop it
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx" + program.heap(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xshare:auto",
            "-Duser.language=en",
            "-Duser.country=US"));
    command.addAll(List.of("-XX:+ExitOnOutOfMemoryError", "-cp"));
    command.add(jar + File.pathSeparator + guard);
    command.addAll(List.of(GuardedService.class.getName(), mainClass(jar)));
    command.addAll(program.arguments());
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(settings);
    return new ServiceProcess(program.name(), builder.start(), log);
  }

  private static String mainClass(Path jar) throws IOException {
    try (JarFile file = new JarFile(jar.toFile())) {
      String mainClass = file.getManifest().getMainAttributes().getValue(Name.MAIN_CLASS);
      if (mainClass == null) {
        throw new IOException(jar + " names no main class");
      }
      return mainClass;
    }
  }

  String name() {
    return name;
  }

  /**
   * Returns when {@code /health} says that it is up.
   *
   * @throws IllegalStateException if it ends, or is not up in time; with the end of its log
   */
  void awaitUp() throws IOException, InterruptedException {
    long begin = System.nanoTime();
    String trouble = "has not said where it listens";
    while (System.nanoTime() - begin < TO_COME_UP.toNanos()) {
      requireRunning();
      Matcher listening = PORT.matcher(Files.readString(log));
      if (listening.find()) {
        port = Integer.parseInt(listening.group(1));
        JsonNode health = health();
        if (health.path("status").asText().equals("up")) {
          return;
        }
        trouble = health.toString();
      }
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
    throw failure("was not up after %s s: %s".formatted(TO_COME_UP.toSeconds(), trouble));
  }

  /**
   * Nothing, as long as it runs.
   *
   * @throws IllegalStateException if it has ended; with the end of its log
   */
  void requireRunning() throws IOException {
    if (!process.isAlive()) {
      throw failure("ended with code %s".formatted(process.exitValue()));
    }
  }

  boolean isRunning() {
    return process.isAlive();
  }

  /** Where it answers, without a slash at its end. */
  String url() {
    return "http://127.0.0.1:%s".formatted(port);
  }

  /** Where it tells how it is. */
  String healthUrl() {
    return url() + "/health";
  }

  /** What {@code /health} answers; when it does not, nothing but a status. */
  JsonNode health() throws InterruptedException {
    try {
      HttpResponse<String> answer =
          HTTP.send(
              HttpRequest.newBuilder(URI.create(healthUrl())).timeout(TO_ANSWER).build(),
              BodyHandlers.ofString());
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      return JSON.createObjectNode().put("status", "no answer from /health: " + e);
    }
  }

  private IllegalStateException failure(String what) throws IOException {
    List<String> lines = Files.readAllLines(log);
    List<String> last = lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size());
    return new IllegalStateException(
        "%s %s; the end of its log %s:%n  %s"
            .formatted(name, what, log, String.join(System.lineSeparator() + "  ", last)));
  }

  /** Asks it to end (SIGTERM), and does not wait. */
  void askToEnd() {
    // Process.destroy() would close its standard input first, which halts it.
    process.toHandle().destroy();
  }

  /** Ends it at once (SIGKILL). */
  void kill() {
    process.destroyForcibly();
  }

  /** Returns when it is gone, killed if need be. */
  @Override
  public void close() {
    askToEnd();
    try {
      if (!process.waitFor(SECONDS_TO_CLOSE, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
