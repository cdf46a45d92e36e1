// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that transactions are worked through and handlers called on, watched by the one that
 * waits for it. A call that overstays its time limit is interrupted and its transaction aborted;
 * where that does not end it, its thread is left to itself: it can neither commit nor make another
 * call, and another thread takes its place. The transaction is then done again, and the call counts
 * as failed instead of being made.
 *
 * <p>Work that gets nowhere between calls, because the database does not answer, is given up in the
 * same way; it says nothing about any call.
 */
final class Hands implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Hands.class);
  private static final long LOOK_MS = 50;
  private static final long GRACE_MS = 500;

  /** Longer than a batch waits for the locks of another, as a rule. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final String name;
  private final Duration patience;
  private final Set<Call> overdue = ConcurrentHashMap.newKeySet();
  private @Nullable ExecutorService thread;

  Hands(String name) {
    this(name, PATIENCE);
  }

  /**
   * Hands.
   *
   * @param name of the thread
   * @param patience how long the work may take to its first call of a handler, from one call to the
   *     next, and from the last to its end
   */
  Hands(String name, Duration patience) {
    this.name = name;
    this.patience = patience;
    this.thread = newThread();
  }

  private Hands() {
    this.name = "caller";
    this.patience = PATIENCE;
  }

  /** The caller's own, which nobody watches. */
  static Hands ofCaller() {
    return new Hands();
  }

  /**
   * One call of a handler.
   *
   * @param key the row it is for
   * @param what the handler's method
   * @param attempt the how-manieth it is
   */
  record Call(RowKey key, String what, int attempt) {

    /** That of a batch handler for this row and others. */
    Call together() {
      return new Call(key, what + "All", attempt);
    }
  }

  /** A call overstayed its time: what it was part of is to be done again at once, without it. */
  static final class OverdueException extends Exception {
    private static final long serialVersionUID = 1L;

    OverdueException(Call call, Duration limit) {
      super(
          "saga %s, step %s: %s took more than %s"
              .formatted(call.key().sagaId(), call.key().step(), call.what(), limit));
    }
  }

  /**
   * Does work and waits for it.
   *
   * @throws Trouble the work's own
   * @throws OverdueException if a call within it overstayed its time; nothing was done
   */
  <T> T run(Function<Shift, T> work) throws OverdueException {
    Shift shift = new Shift();
    if (thread == null) {
      return work.apply(shift);
    }
    Future<T> future = thread.submit(() -> work.apply(shift));
    try {
      while (true) {
        try {
          return future.get(LOOK_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException stillAtIt) {
          Watched watched = shift.endIfOverdue();
          if (watched != null) {
            end(watched, future);
            throw new OverdueException(watched.call(), watched.limit());
          }
          if (shift.endIfStalled(patience)) {
            LOG.warn("outcome=stalled: the database did not answer for {}", patience);
            abandon(shift.transaction, future, "the work is given up, its thread left to itself");
            throw new Trouble(
                "handling a batch: the database did not answer for " + patience, stillAtIt);
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
      shift.end();
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw new Trouble("interrupted while handling a batch", e);
    }
  }

  /** Whether this very call was ended for its length, so that it is not to be made again. */
  boolean wasOverdue(Call call) {
    return overdue.contains(call);
  }

  /** What came of the row has been committed. */
  void settled(RowKey key) {
    if (!overdue.isEmpty()) {
      overdue.removeIf(call -> call.key().equals(key));
    }
  }

  private void end(Watched watched, Future<?> future) throws InterruptedException {
    Call call = watched.call();
    LOG.warn(
        "saga={} step={} outcome=overdue: {} took more than {} and counts as failed",
        call.key().sagaId(),
        call.key().step(),
        call.what(),
        watched.limit());
    overdue.add(call);
    abandon(
        watched.transaction(),
        future,
        "saga=%s step=%s outcome=abandoned: the handler ignores its interruption, its thread is left to itself"
            .formatted(call.key().sagaId(), call.key().step()));
  }

  private void abandon(
      Journal.@Nullable Transaction transaction, Future<?> future, String ifItDoesNotEnd)
      throws InterruptedException {
    Objects.requireNonNull(thread).shutdownNow();
    thread = newThread();
    if (transaction != null) {
      transaction.abort();
    }
    try {
      future.get(GRACE_MS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException left) {
      LOG.warn(ifItDoesNotEnd);
      if (transaction != null) {
        // Gives the connection back, which that thread may never do.
        transaction.close();
      }
    } catch (ExecutionException ended) {
      LOG.debug("what was abandoned ended", ended.getCause());
    }
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
    if (thread != null) {
      thread.shutdown();
    }
  }

  private record Watched(Call call, Duration limit, long until, Journal.Transaction transaction) {}

  /** One transaction's work, as its watcher sees it. */
  static final class Shift {
    private volatile Journal.@Nullable Transaction transaction;
    private @Nullable Watched watched;
    private long lastCall = System.nanoTime();
    private boolean over;

    /**
     * To be called with the transaction that the work is done in.
     *
     * @throws Trouble if nobody waits for this work any more
     */
    synchronized void in(Journal.Transaction begun) {
      refuseIfOver("a batch");
      transaction = begun;
    }

    /**
     * To be called before a handler is.
     *
     * @throws Trouble if nobody waits for this work any more
     */
    synchronized void begin(Call call, Duration limit) {
      refuseIfOver(call);
      watched =
          new Watched(
              call,
              limit,
              System.nanoTime() + limit.toNanos(),
              Objects.requireNonNull(transaction));
    }

    /**
     * To be called when the handler has returned.
     *
     * @throws Trouble if nobody waits for this work any more
     */
    synchronized void done(Call call) {
      watched = null;
      lastCall = System.nanoTime();
      refuseIfOver(call);
    }

    private void refuseIfOver(Object what) {
      if (over) {
        throw new Trouble(
            "work on %s was given up".formatted(what), new TimeoutException("took too long"));
      }
    }

    private synchronized @Nullable Watched endIfOverdue() {
      if (watched == null || System.nanoTime() - watched.until() < 0) {
        return null;
      }
      over = true;
      return watched;
    }

    private synchronized boolean endIfStalled(Duration patience) {
      if (watched == null && System.nanoTime() - lastCall > patience.toNanos()) {
        over = true;
      }
      return over;
    }

    private synchronized void end() {
      over = true;
    }
  }
}
