// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** An instance of a service: its jar in a process of its own. It ends when this JVM does. */
final class ServiceProcess implements AutoCloseable {

  private static final Path JARS = Path.of(System.getProperty("acceptance.jars", ".."));
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern CLOSED = Pattern.compile("closed: (\\d+) steps in (\\d+) batches");

  private final Process process;
  private final Process guard;
  private final Path log;

  private ServiceProcess(Process process, Process guard, Path log) {
    this.process = process;
    this.guard = guard;
    this.log = log;
  }

  /** What a service says when it closes. */
  record Work(long steps, long batches) {
    Work plus(Work other) {
      return new Work(steps + other.steps, batches + other.batches);
    }
  }

  /** Starts it and does not wait, see {@link #awaitUp}. */
  static ServiceProcess start(Service service, Path log, Map<String, String> environment) {
    return start(List.of("-jar", jar(service.participant()).toString()), log, environment);
  }

  /** The program of a module, with all that it needs. */
  static Path jar(String module) {
    return JARS.resolve(module).resolve("target").resolve(module + ".jar").toAbsolutePath();
  }

  /**
   * Starts a program of any kind.
   *
   * @param program what follows {@code java} and its settings
   */
  static ServiceProcess start(List<String> program, Path log, Map<String, String> environment) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(program);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.environment().put("HTTP_PORT", "0");
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
      // The guard's standard input ends when this JVM does, however it does.
      Process guard =
          new ProcessBuilder(
                  "sh", "-c", "read -r nothing; kill -9 \"$1\"", "sh", "" + process.pid())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return new ServiceProcess(process, guard, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Until it says that it is up. */
  ServiceProcess awaitUp() {
    Awaitility.await(log + " says that it is up")
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .failFast(log + " says why it ended", () -> !process.isAlive())
        .until(() -> said().contains(" is up"));
    return this;
  }

  /** Everything it has logged. */
  String said() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGKILL; returns when it is gone. */
  void kill() {
    end(process.destroyForcibly());
  }

  /** SIGTERM; returns when it is gone. */
  Work terminate() {
    process.destroy();
    end(process);
    Matcher closed = CLOSED.matcher(said());
    return closed.find()
        ? new Work(Long.parseLong(closed.group(1)), Long.parseLong(closed.group(2)))
        : new Work(0, 0);
  }

  private void end(Process ending) {
    try {
      if (!ending.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("%s does not end; its log: %s".formatted(log, said()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      guard.destroyForcibly();
    }
  }

  /** The processor's time that it has taken so far. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** How often it says something. */
  long count(String words) {
    return List.of(said().split("\n")).stream().filter(line -> line.contains(words)).count();
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      kill();
    }
    guard.destroyForcibly();
  }
}
