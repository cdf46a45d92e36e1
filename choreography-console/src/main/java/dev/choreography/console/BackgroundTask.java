// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** A task on a thread of its own, whose failure is not lost. */
final class BackgroundTask implements AutoCloseable {

  private final String name;
  private final ExecutorService thread;
  private final Future<@Nullable Void> task;

  BackgroundTask(String name, Callable<@Nullable Void> task) {
    this.name = name;
    this.thread = Executors.newSingleThreadExecutor(work -> new Thread(work, name));
    this.task = thread.submit(task);
  }

  /**
   * Whether it has ended.
   *
   * @throws IllegalStateException if it has failed
   */
  boolean isDone() throws InterruptedException {
    if (!task.isDone()) {
      return false;
    }
    try {
      task.get();
      return true;
    } catch (ExecutionException e) {
      throw new IllegalStateException(name + " failed", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
