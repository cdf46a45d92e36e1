// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;

/**
 * Sagas that start at times fixed beforehand, whether or not those before them are through, and how
 * long each takes from then until an event of its own is read. So whoever waits because of a pause
 * is counted with all of his waiting: no omission is left to correct.
 */
final class OpenLoop {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final long MOST_MICROS = TimeUnit.MINUTES.toMicros(2);

  private final Stage stage;
  private final String output;
  private final int perSecond;

  /**
   * So many a second.
   *
   * @param output the topic of the event that ends the measurement of a saga
   */
  OpenLoop(Stage stage, String output, int perSecond) {
    this.stage = stage;
    this.output = output;
    this.perSecond = perSecond;
  }

  /**
   * Runs for a warm-up and a window.
   *
   * @param first number of the first saga; the following ones are taken, too
   * @return the latencies within the window, in microseconds
   */
  Histogram run(int first, Side.Running side, Plan plan) throws InterruptedException {
    int warmUp = (int) (perSecond * Plan.WARM_UP.toMillis() / 1000);
    int count = warmUp + (int) (perSecond * plan.window().toMillis() / 1000);
    try (KafkaConsumer<byte[], byte[]> consumer = Clients.observer(stage.bootstrapServers());
        KafkaProducer<byte[], byte[]> producer = Clients.producer(stage.bootstrapServers())) {
      consumer.assign(
          IntStream.range(0, Stage.PARTITIONS)
              .mapToObj(partition -> new TopicPartition(output, partition))
              .toList());
      consumer.seekToEnd(consumer.assignment());
      consumer.assignment().forEach(consumer::position);
      awaitFirst(first, side, consumer, producer);
      long begin = System.nanoTime();
      Thread publisher = new Thread(() -> publish(first + 1, count, begin, producer), "open-loop");
      publisher.start();
      Histogram latencies = receive(first + 1, count, warmUp, begin, side, consumer);
      publisher.join();
      return latencies;
    }
  }

  /** The side is there when its first event is. */
  private void awaitFirst(
      int number,
      Side.Running side,
      KafkaConsumer<byte[], byte[]> consumer,
      KafkaProducer<byte[], byte[]> producer) {
    publish(number, 1, System.nanoTime(), producer);
    receive(number, 1, 0, System.nanoTime(), side, consumer);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what does not arrive is noticed
  private void publish(int first, int count, long begin, KafkaProducer<byte[], byte[]> producer) {
    WireFormat format = new WireFormat(stage.prefixes());
    for (int i = 0; i < count; i++) {
      long left = due(begin, i) - System.nanoTime();
      if (left > 0) {
        LockSupport.parkNanos(left);
      }
      producer.send(Trips.start(first + i, format));
    }
  }

  private long due(long begin, int i) {
    return begin + i * TimeUnit.SECONDS.toNanos(1) / perSecond;
  }

  private Histogram receive(
      int first,
      int count,
      int warmUp,
      long begin,
      Side.Running side,
      KafkaConsumer<byte[], byte[]> consumer) {
    Histogram latencies = new Histogram(MOST_MICROS, 3);
    boolean[] seen = new boolean[count];
    int missing = count;
    while (missing > 0) {
      side.requireRunning();
      if (System.nanoTime() - due(begin, count) > PATIENCE.toNanos()) {
        throw new IllegalStateException(
            "%d of %d sagas had no %s %s after the last began"
                .formatted(missing, count, output, PATIENCE));
      }
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        long now = System.nanoTime();
        int i = Trips.number(new String(record.key(), UTF_8)) - first;
        if (i >= 0 && i < count && !seen[i]) {
          seen[i] = true;
          missing--;
          if (i >= warmUp) {
            latencies.recordValue(TimeUnit.NANOSECONDS.toMicros(now - due(begin, i)));
          }
        }
      }
    }
    return latencies;
  }
}
