// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import dev.choreography.engine.Incoming;
import dev.choreography.engine.OutboxEvent;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Carries what instances publish back to them: in batches and an order drawn from a seed, and one
 * record in twenty twice. With one thread for all instances the same seed makes the same history.
 */
public final class Bus {

  private static final int LARGEST_BATCH = 60;

  private final Random random;
  private final MemoryRelay relay;
  private final List<Incoming> waiting = new ArrayList<>();
  private final Bookings bookings;
  private int carried;
  private int underWay;

  /** A bus for what these bookings publish from now on. */
  public Bus(long seed, Bookings bookings) {
    this.random = new Random(seed);
    this.bookings = bookings;
    this.relay = bookings.relay();
    this.carried = relay.published().size();
  }

  /** Puts a record at a random place among those that wait. */
  public synchronized void send(Incoming record) {
    waiting.add(random.nextInt(waiting.size() + 1), record);
  }

  /**
   * Has records handled, by one instance after another, until none is left and nothing is set aside
   * to be tried again.
   */
  public void run(List<Instance> instances) {
    Instance instance = instances.get(0);
    for (int turn = 1; handleOne(instance) || takeUp(instance); turn++) {
      instance = instances.get(turn % instances.size());
    }
  }

  /** Has records handled by all instances at once until none is left. */
  public void runAtOnce(List<Instance> instances) {
    ExecutorService threads = Executors.newFixedThreadPool(instances.size());
    try {
      CompletableFuture.allOf(
              instances.stream()
                  .map(
                      instance -> CompletableFuture.runAsync(() -> run(List.of(instance)), threads))
                  .toArray(CompletableFuture<?>[]::new))
          .join();
    } finally {
      threads.shutdownNow();
    }
  }

  private boolean handleOne(Instance instance) {
    List<Incoming> batch = take();
    if (batch == null) {
      return false;
    }
    try {
      instance.handle(batch.toArray(Incoming[]::new));
      instance.timers().tick();
    } finally {
      synchronized (this) {
        underWay--;
        carry();
        notifyAll();
      }
    }
    return true;
  }

  /** What is set aside may be due a moment later than its pause says, by the database's clock. */
  private boolean takeUp(Instance instance) {
    try {
      if (bookings.query("SELECT 1 FROM choreography_journal WHERE due IS NOT NULL").isEmpty()) {
        return false;
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the journal cannot be looked at", e);
    }
    instance.timers().tick();
    synchronized (this) {
      carry();
      notifyAll();
    }
    return true;
  }

  /** Null when nothing is left, and nobody is about to publish more. */
  private synchronized @Nullable List<Incoming> take() {
    while (waiting.isEmpty() && underWay > 0) {
      try {
        wait();
      } catch (InterruptedException e) {
        throw new IllegalStateException("the test has ended", e);
      }
    }
    if (waiting.isEmpty()) {
      return null;
    }
    int size = 1 + random.nextInt(Math.min(LARGEST_BATCH, waiting.size()));
    List<Incoming> rest = waiting.subList(waiting.size() - size, waiting.size());
    List<Incoming> batch = new ArrayList<>(rest);
    rest.clear();
    batch.stream().filter(record -> random.nextInt(20) == 0).toList().forEach(this::send);
    underWay++;
    return batch;
  }

  private void carry() {
    List<OutboxEvent> published = relay.published();
    published.subList(carried, published.size()).forEach(event -> send(Instance.record(event)));
    carried = published.size();
  }
}
