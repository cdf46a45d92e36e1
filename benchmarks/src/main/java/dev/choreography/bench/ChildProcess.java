// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program that runs beside us in a JVM of its own, and ends when we do. */
final class ChildProcess implements Side.Running {

  /** Halts the child when its standard input ends; choreography-local has it for its own. */
  private static final String GUARD = "dev.choreography.local.GuardedMain";

  private static final long SECONDS_TO_CLOSE = 15;
  private static final int LINES_SHOWN = 15;

  private final String name;
  private final Process process;
  private final Path log;

  private ChildProcess(String name, Process process, Path log) {
    this.name = name;
    this.process = process;
    this.log = log;
  }

  /**
   * Starts it and does not wait.
   *
   * @param classPath with choreography-local somewhere in it
   * @param settings environment variables
   */
  static ChildProcess start(
      String name, String classPath, String mainClass, Map<String, String> settings, Path log)
      throws IOException {
    return start(new Program(name, "256m", classPath, List.of(mainClass)), settings, log);
  }

  /**
   * What is run.
   *
   * @param name for people
   * @param heap the most it may take
   * @param classPath with choreography-local somewhere in it
   * @param main its main class, and the arguments of that
   */
  record Program(String name, String heap, String classPath, List<String> main) {}

  /** The same with a heap and arguments of its own. */
  static ChildProcess start(Program program, Map<String, String> settings, Path log)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx" + program.heap(), "-cp", program.classPath(), GUARD));
    command.addAll(program.main());
    Files.createDirectories(log.getParent());
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().putAll(settings);
    return new ChildProcess(program.name(), builder.start(), log);
  }

  /** The class path of a runnable jar, with the guard. */
  static String classPath(Path jar) {
    return jar
        + File.pathSeparator
        + Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(path -> path.contains("choreography-local"))
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("choreography-local is on no class path"));
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /** What it has printed so far. */
  String said() throws IOException {
    return Files.readString(log);
  }

  /** As a crash does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void requireRunning() {
    if (!process.isAlive()) {
      try {
        List<String> lines = Files.readAllLines(log);
        throw new IllegalStateException(
            "%s ended with code %d; the end of its log %s:%n  %s"
                .formatted(
                    name,
                    process.exitValue(),
                    log,
                    String.join(
                        "\n  ",
                        lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size()))));
      } catch (IOException e) {
        throw new IllegalStateException(name + " ended, and left no log", e);
      }
    }
  }

  @Override
  public void close() {
    // Process.destroy() would close its standard input first, which halts it.
    process.toHandle().destroy();
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
