// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A process, its children and theirs, as the target of a signal. */
final class ProcessTree {
  private final Process root;
  private final boolean rootIsGuard;

  /**
   * @param rootIsGuard whether the root only waits for the program, its child, to end, and then
   *     ends too. Then it is spared: it reaps the program, which otherwise would stay a zombie
   *     where nobody adopts it, and look alive to its successor
   */
  ProcessTree(Process root, boolean rootIsGuard) {
    this.root = root;
    this.rootIsGuard = rootIsGuard;
  }

  /** What the tree consists of now, the root first. */
  List<ProcessHandle> members() {
    return Stream.concat(Stream.of(root.toHandle()), root.descendants()).toList();
  }

  private List<ProcessHandle> targets() {
    return rootIsGuard ? root.descendants().toList() : members();
  }

  /**
   * Stops every process of the program (SIGSTOP), and returns them. Twice, since one that ran
   * during the first round may have had a child then; after that, who could have another is
   * stopped.
   */
  List<ProcessHandle> freeze() {
    Set<ProcessHandle> frozen = new LinkedHashSet<>();
    for (int round = 0; round < 2; round++) {
      List<ProcessHandle> targets = targets();
      signal("STOP", targets);
      frozen.addAll(targets);
    }
    return List.copyOf(frozen);
  }

  /**
   * Kills every process of the program (SIGKILL) as nearly at once as can be, and returns when all
   * are gone.
   *
   * @throws IllegalStateException if one is still there after that time
   */
  void kill(Duration atMost) {
    List<ProcessHandle> members = members();
    List<ProcessHandle> frozen = freeze();
    signal("KILL", frozen);
    if (!awaitEnd(frozen, atMost)) {
      throw new IllegalStateException(
          "still there "
              + atMost
              + " after SIGKILL: "
              + frozen.stream().filter(ProcessTree::runs).toList());
    }
    if (!awaitEnd(members, atMost)) {
      root.destroyForcibly();
    }
  }

  /** Whether all of them ended in that time. */
  boolean awaitEnd(List<ProcessHandle> members, Duration atMost) {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (members.stream().anyMatch(this::isThere)) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      pause();
    }
    return true;
  }

  private boolean isThere(ProcessHandle member) {
    return member.pid() == root.pid() ? root.isAlive() : runs(member);
  }

  private void pause() {
    try {
      if (root.waitFor(5, TimeUnit.MILLISECONDS)) {
        TimeUnit.MILLISECONDS.sleep(5); // The root is gone, its children are not yet.
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "interrupted while waiting for process " + root.pid() + " to end", e);
    }
  }

  /**
   * Whether it runs; one that ended and that nobody asked about (a zombie, usual in containers)
   * does not.
   */
  static boolean runs(ProcessHandle process) {
    if (!process.isAlive()) {
      return false;
    }
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException noSuchFile) {
      return process.isAlive();
    }
  }

  /** Sends a signal to each; who is gone already is passed over. */
  static void signal(String name, List<ProcessHandle> processes) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "for p in \"$@\"; do kill -" + name + " $p; done 2>/dev/null; :",
                "sh"));
    processes.forEach(process -> command.add(Long.toString(process.pid())));
    try {
      new ProcessBuilder(command).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException("could not send SIG" + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while sending SIG" + name, e);
    }
  }
}
