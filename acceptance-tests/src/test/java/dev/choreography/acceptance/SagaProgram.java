// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@code ./saga} as an operator types it. */
final class SagaProgram {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private SagaProgram() {}

  /**
   * Types a command, which is to succeed, and returns what it says.
   *
   * @param output where that is written
   * @param environment names the cluster
   */
  static String run(Path output, Map<String, String> environment, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-jar", ServiceProcess.jar("choreography-console").toString()));
    command.addAll(List.of(arguments));
    try {
      Files.createDirectories(output.toAbsolutePath().getParent());
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
      builder.environment().putAll(environment);
      Process process = builder.start();
      try {
        boolean ended = process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        String said = Files.readString(output);
        if (!ended) {
          throw new AssertionError("%s does not end: %s".formatted(command, said));
        }
        if (process.exitValue() != 0) {
          throw new AssertionError("%s does not succeed: %s".formatted(command, said));
        }
        return said;
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
