// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.util.List;

/**
 * One of the local programs, running as a child process on 127.0.0.1 that can be done harm to. It
 * ends when this JVM does, also when this JVM is killed. Every method returns when what it says has
 * happened; they may be called from any thread.
 */
public abstract sealed class LocalPart implements AutoCloseable
    permits LocalKafka, LocalRegistry, LocalPostgres {
  private final Child child;
  private final DataFolder folder;
  private boolean closed;

  LocalPart(Child child, DataFolder folder) {
    this.child = child;
    this.folder = folder;
  }

  /**
   * Kills all its processes (SIGKILL). Its data stays as the kill left it; without effect if it
   * does not run.
   */
  public final synchronized void kill() {
    child.kill();
  }

  /**
   * Starts it again, with the same ports and data, after a clean stop if it still runs.
   *
   * @throws IllegalStateException if it is closed, or does not come up in the time that the options
   *     allow; the message has the end of its log
   */
  public final synchronized void restart() {
    if (closed) {
      throw new IllegalStateException(getClass().getSimpleName() + " is closed; start another one");
    }
    child.stop();
    comeUp();
  }

  /**
   * Freezes all its processes (SIGSTOP): its ports accept connections, and nobody answers. Without
   * effect if it does not run.
   */
  public final synchronized void pause() {
    child.pause();
  }

  /** Lets it run on after {@link #pause()} (SIGCONT). Without effect if it is not paused. */
  public final synchronized void resume() {
    child.resume();
  }

  /** Stops it cleanly, or with a kill after 10 s, and deletes its data if that is temporary. */
  @Override
  public final synchronized void close() {
    closed = true;
    child.stop();
    folder.close();
  }

  final List<ProcessHandle> processes() {
    return child.processes();
  }

  /** Starts the child; what must be set in it at each start is set when this returns. */
  void comeUp() {
    child.start();
  }

  /** The first start, which leaves nothing behind if it fails. */
  static <T extends LocalPart> T started(T part) {
    try {
      part.comeUp();
      return part;
    } catch (RuntimeException e) {
      try {
        part.close();
      } catch (RuntimeException alsoWrong) {
        e.addSuppressed(alsoWrong);
      }
      throw e;
    }
  }
}
