// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * What the compose file describes, under a name and on ports of its own, so that it meets no other.
 * Closed also when this JVM is asked to end.
 */
final class ComposeProject implements AutoCloseable {

  private static final Path HOME = Path.of(System.getProperty("acceptance.jars", ".."));
  private static final List<String> PORTS =
      List.of(
          "KAFKA_PORT", "REGISTRY_PORT", "POSTGRES_PORT", "FLIGHT_PORT", "HOTEL_PORT", "CAR_PORT");

  /** Enough to fetch all the images. */
  private static final Duration PATIENCE = Duration.ofMinutes(8);

  /**
   * Also what a command may have left that was ended. Compose would leave the classic builder's
   * layers without a name if it removed the images.
   */
  private static final String TAKE_ALL_DOWN =
      """
      docker ps --all --quiet --filter label=com.docker.compose.project=$COMPOSE_PROJECT_NAME |
        xargs --no-run-if-empty docker rm --force --volumes
      docker compose down --volumes --remove-orphans
      docker images --quiet --filter "reference=$COMPOSE_PROJECT_NAME-*" |
        xargs --no-run-if-empty docker image rm --force
      """;

  private final Map<String, String> environment = new HashMap<>();
  private final Thread atTheEnd = new Thread(this::takeAllDown, "compose-down");

  private ComposeProject() {}

  /** One of which nothing is up yet. */
  static ComposeProject ofItsOwn() {
    ComposeProject project = new ComposeProject();
    int firstPort = freePorts(PORTS.size());
    for (int i = 0; i < PORTS.size(); i++) {
      project.environment.put(PORTS.get(i), String.valueOf(firstPort + i));
    }
    project.environment.put("COMPOSE_PROJECT_NAME", "choreography-" + firstPort);
    Runtime.getRuntime().addShutdownHook(project.atTheEnd);
    return project;
  }

  String name() {
    return variable("COMPOSE_PROJECT_NAME");
  }

  /** What a variable of {@code .env} is here. */
  String variable(String name) {
    return Objects.requireNonNull(environment.get(name));
  }

  /**
   * Types a command, in the folder with the compose file.
   *
   * @return what it printed
   * @throws AssertionError if it takes too long or its exit code is not 0, with the state of all
   */
  String type(String command) {
    Said said = shell(command);
    if (said.code != 0) {
      throw new AssertionError(
          "`%s` ended with %s%n%s%n%s%n== docker compose ps%n%s%n== docker compose logs%n%s"
              .formatted(
                  command,
                  said.code,
                  said.out,
                  said.err,
                  shell("docker compose ps --all").out,
                  shell("docker compose logs --no-color --tail 25").out));
    }
    return said.out;
  }

  private record Said(int code, String out, String err) {}

  private Said shell(String command) {
    try {
      File out = File.createTempFile("compose", ".out");
      File err = File.createTempFile("compose", ".err");
      ProcessBuilder builder =
          new ProcessBuilder("bash", "-c", command)
              .directory(HOME.toFile())
              .redirectInput(new File("/dev/null"))
              .redirectOutput(out)
              .redirectError(err);
      builder.environment().putAll(environment);
      Process process = builder.start();
      boolean ended = process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
      Said said =
          new Said(
              process.exitValue(), Files.readString(out.toPath()), Files.readString(err.toPath()));
      Files.delete(out.toPath());
      Files.delete(err.toPath());
      return said;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted during " + command, e);
    }
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(atTheEnd);
    takeAllDown();
  }

  private void takeAllDown() {
    shell(TAKE_ALL_DOWN);
  }

  /** The first of some in a row, below those that systems give to outgoing connections. */
  private static int freePorts(int count) {
    for (int attempt = 0; attempt < 1000; attempt++) {
      int first = ThreadLocalRandom.current().nextInt(15_000, 32_000);
      int free = 0;
      while (free < count && isFree(first + free)) {
        free++;
      }
      if (free == count) {
        return first;
      }
    }
    throw new IllegalStateException("no %d free ports in a row on 127.0.0.1".formatted(count));
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException taken) {
      return false;
    }
  }
}
