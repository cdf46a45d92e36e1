// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A program that runs as a child process, may be started again after its end, and ends when this
 * JVM does: the command given must end when its standard input does. Not for use by several threads
 * at once.
 */
final class Child {
  private static final Duration UNTIL_KILLED = Duration.ofSeconds(10);
  private static final int LINES_SHOWN = 25;

  /**
   * What to run.
   *
   * @param name for people
   * @param port where it will listen, which must be free
   * @param log gets what it prints
   * @param upWhenLogged the words in its log that say that it is up
   * @param folder its working directory
   * @param isGuarded whether the process started is only the parent of the program
   */
  record Program(
      String name,
      int port,
      List<String> command,
      Path log,
      String upWhenLogged,
      Path folder,
      boolean isGuarded) {}

  private final Program program;
  private final LocalOptions options;
  private @Nullable Process process;
  private @Nullable Process wakesWithoutUs;

  Child(Program program, LocalOptions options) {
    this.program = program;
    this.options = options;
  }

  /**
   * Starts it and returns when it is up.
   *
   * @throws IllegalStateException if it did not come up; then nothing of it is left running
   */
  void start() {
    if (!Ports.becomesFree(program.port())) {
      throw new IllegalStateException(
          program.name()
              + " was not started: its port "
              + program.port()
              + " on 127.0.0.1 is taken; name another one, or 0 for a free one");
    }
    long begin = System.nanoTime();
    long alreadyLogged = program.log().toFile().length();
    options.progress().accept(program.name() + " starts on port " + program.port());
    Process started = launch();
    process = started;
    String ending = awaitUp(started, begin, alreadyLogged);
    if (!ending.isEmpty()) {
      tree(started).kill(UNTIL_KILLED);
      throw new IllegalStateException(
          String.format(
              Locale.ROOT,
              "%s on port %d %s after %.1f s; expected \"%s\" in %s, which ends with:%n%s",
              program.name(),
              program.port(),
              ending,
              secondsSince(begin),
              program.upWhenLogged(),
              program.log(),
              lastLines(logged(alreadyLogged))));
    }
    options
        .progress()
        .accept(
            String.format(
                Locale.ROOT,
                "%s is up on port %d after %.1f s",
                program.name(),
                program.port(),
                secondsSince(begin)));
  }

  private Process launch() {
    ProcessBuilder builder =
        new ProcessBuilder(program.command())
            .directory(program.folder().toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(program.log().toFile()));
    builder.environment().put("LC_ALL", "C");
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(program.name() + " could not be started", e);
    }
  }

  /** Empty when it is up, else how it went wrong. */
  private String awaitUp(Process started, long begin, long alreadyLogged) {
    try {
      while (!logged(alreadyLogged).contains(program.upWhenLogged())) {
        if (started.waitFor(10, TimeUnit.MILLISECONDS)) {
          return "ended with code " + started.exitValue();
        }
        if (System.nanoTime() - begin > options.patience().toNanos()) {
          return "was not up";
        }
      }
      return "";
    } catch (InterruptedException e) {
      tree(started).kill(UNTIL_KILLED);
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "interrupted while waiting for " + program.name() + " on port " + program.port(), e);
    }
  }

  private String logged(long from) {
    try (RandomAccessFile file = new RandomAccessFile(program.log().toFile(), "r")) {
      file.seek(from);
      byte[] bytes = new byte[(int) Math.max(0, file.length() - from)];
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("could not read the log of " + program.name(), e);
    }
  }

  private static String lastLines(String text) {
    List<String> lines = text.lines().toList();
    return String.join(
        System.lineSeparator(),
        lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size()));
  }

  private static double secondsSince(long begin) {
    return (System.nanoTime() - begin) / 1e9;
  }

  private ProcessTree tree(Process root) {
    return new ProcessTree(root, program.isGuarded());
  }

  /** Its processes that are there now. */
  List<ProcessHandle> processes() {
    return process == null
        ? List.of()
        : tree(process).members().stream().filter(ProcessTree::runs).toList();
  }

  /** Kills all of it (SIGKILL); returns when it is gone. */
  void kill() {
    if (process != null) {
      tree(process).kill(UNTIL_KILLED);
    }
    dismissWaker();
  }

  /** Freezes all of it (SIGSTOP) until {@link #resume()}. */
  void pause() {
    if (process == null || !process.isAlive() || wakesWithoutUs != null) {
      return;
    }
    List<ProcessHandle> frozen = tree(process).freeze();
    List<String> waker =
        new ArrayList<>(
            List.of("sh", "-c", "trap \"\" INT; read -r nothing; kill -CONT \"$@\"", "sh"));
    frozen.forEach(handle -> waker.add(Long.toString(handle.pid())));
    try {
      // Who is frozen does not see that its parent is gone; this one does.
      wakesWithoutUs =
          new ProcessBuilder(waker).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    } catch (IOException e) {
      throw new UncheckedIOException("could not guard the paused " + program.name(), e);
    }
  }

  /** Lets it run on after {@link #pause()}. */
  void resume() {
    if (process != null && wakesWithoutUs != null) {
      ProcessTree.signal("CONT", tree(process).members());
    }
    dismissWaker();
  }

  private void dismissWaker() {
    if (wakesWithoutUs != null) {
      wakesWithoutUs.destroyForcibly();
      wakesWithoutUs = null;
    }
  }

  /** Asks it to end (SIGTERM); kills it if it has not after 10 s. Returns when it is gone. */
  void stop() {
    resume();
    if (process == null) {
      return;
    }
    ProcessTree tree = tree(process);
    List<ProcessHandle> members = tree.members();
    process
        .toHandle()
        .destroy(); // Process.destroy() would close its standard input first, which halts it.
    if (!tree.awaitEnd(members, UNTIL_KILLED)) {
      ProcessTree.signal("KILL", members);
      tree.kill(UNTIL_KILLED);
    }
  }
}
