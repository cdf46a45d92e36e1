// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that handlers are called on, watched by the one that waits for it. A call that
 * overstays its time limit is interrupted and its transaction aborted; where that does not end it,
 * its thread is left to itself, which can no longer commit anything, and another takes its place.
 * The batch is then done again, and the call counts as failed instead of being made.
 */
final class Hands implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Hands.class);
  private static final long LOOK_MS = 50;
  private static final long GRACE_MS = 500;

  private final String name;
  private final Set<RowKey> overdue = ConcurrentHashMap.newKeySet();
  private ExecutorService thread;
  private volatile @Nullable Call call;

  Hands(String name) {
    this.name = name;
    this.thread = newThread();
  }

  /**
   * Does work and waits for it.
   *
   * @throws Trouble the work's own, or because a call within it overstayed its time
   */
  <T> T run(Callable<T> work) {
    Future<T> future = thread.submit(work);
    try {
      while (true) {
        try {
          return future.get(LOOK_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException stillAtIt) {
          Call current = call;
          if (current != null && System.nanoTime() - current.until() > 0) {
            end(current, future);
          }
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new Trouble("interrupted while handling a batch", e);
    }
  }

  /** To be called on the watched thread before a handler is. */
  void begin(RowKey key, Duration limit, Journal.Transaction transaction) {
    call = new Call(key, limit, System.nanoTime() + limit.toNanos(), transaction);
  }

  /** To be called on the watched thread when the handler has returned. */
  void end() {
    call = null;
  }

  /** Whether the last call for this row was ended for its length; told once. */
  boolean wasOverdue(RowKey key) {
    return overdue.remove(key);
  }

  private void end(Call current, Future<?> future) throws InterruptedException, ExecutionException {
    LOG.warn(
        "saga={} step={} outcome=overdue: the handler took more than {}, its batch is done again without it",
        current.key().sagaId(),
        current.key().step(),
        current.limit());
    call = null;
    overdue.add(current.key());
    current.transaction().abort();
    TimeoutException tooLong = new TimeoutException("a handler took more than " + current.limit());
    try {
      thread.shutdownNow();
      future.get(GRACE_MS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException left) {
      LOG.warn("step={} the handler ignores its interruption", current.key().step());
    } catch (ExecutionException ended) {
      LOG.debug("the overdue call ended", ended.getCause());
    } finally {
      thread = newThread();
    }
    throw new Trouble("handling a batch", tooLong);
  }

  private ExecutorService newThread() {
    return Executors.newSingleThreadExecutor(
        task -> {
          Thread made = new Thread(task, name);
          made.setDaemon(true);
          return made;
        });
  }

  @Override
  public void close() {
    thread.shutdown();
  }

  private record Call(RowKey key, Duration limit, long until, Journal.Transaction transaction) {}
}
