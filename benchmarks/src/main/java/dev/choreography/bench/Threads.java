// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** The threads of a side that is written by hand. */
final class Threads implements Side.Running {

  private static final long PATIENCE_MS = TimeUnit.SECONDS.toMillis(30);

  private final List<Thread> threads = new ArrayList<>();
  private final List<Runnable> stops = new ArrayList<>();
  private final AtomicReference<Exception> failure = new AtomicReference<>();

  /**
   * Runs work on a thread of its own.
   *
   * @param work ends soon after {@code stop}
   */
  void run(String name, Callable<?> work, Runnable stop) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.call();
              } catch (Exception e) {
                failure.compareAndSet(null, e);
              }
            },
            name);
    thread.setDaemon(true);
    threads.add(thread);
    stops.add(stop);
    thread.start();
  }

  @Override
  public void requireRunning() {
    Exception first = failure.get();
    if (first != null) {
      throw new IllegalStateException("a side ended by an error: " + first, first);
    }
  }

  @Override
  public void close() {
    stops.forEach(Runnable::run);
    for (Thread thread : threads) {
      try {
        thread.join(PATIENCE_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (thread.isAlive()) {
        throw new IllegalStateException(thread.getName() + " did not end");
      }
    }
    requireRunning();
  }
}
