// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;

/** Starts so many sagas a second, whatever becomes of them, until it is closed. */
final class SteadyStarts implements AutoCloseable {

  private final AtomicInteger published = new AtomicInteger();
  private final Thread thread;
  private volatile boolean stopping;

  private SteadyStarts(Stage stage, int first, int perSecond) {
    this.thread = new Thread(() -> publish(stage, first, perSecond), "steady-starts");
    this.thread.setDaemon(true);
  }

  /**
   * Begins.
   *
   * @param first number of the first saga
   */
  static SteadyStarts begin(Stage stage, int first, int perSecond) {
    SteadyStarts starts = new SteadyStarts(stage, first, perSecond);
    starts.thread.start();
    return starts;
  }

  /** How many so far. */
  int published() {
    return published.get();
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what does not arrive is noticed
  private void publish(Stage stage, int first, int perSecond) {
    WireFormat format = new WireFormat(stage.prefixes());
    long begin = System.nanoTime();
    try (KafkaProducer<byte[], byte[]> producer = Clients.producer(stage.bootstrapServers())) {
      while (!stopping) {
        int i = published.get();
        long left = begin + i * TimeUnit.SECONDS.toNanos(1) / perSecond - System.nanoTime();
        if (left > 0) {
          LockSupport.parkNanos(left);
        }
        producer.send(Trips.start(first + i, format));
        published.incrementAndGet();
      }
    }
  }

  @Override
  public void close() {
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
