// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;

/**
 * The records of each partition that were sent and of which nothing has been heard. A partition
 * that acknowledges none of them for a while is <i>stalled</i>: it has no leader, or too few
 * replicas. The producer keeps its records for {@code delivery.timeout.ms}, so more of them would
 * only take the memory of what is for others. Used by several threads.
 */
final class PartitionProgress {

  private final LongSupplier nanos;
  private final Duration patience;
  private final Map<TopicPartition, Sent> partitions = new HashMap<>();
  private int waiting;

  private static final class Sent {
    private long begun;
    private long ended;
    private long progress;

    boolean isUnderWay() {
      return ended < begun;
    }
  }

  /**
   * Nothing is under way.
   *
   * @param nanos the time, as by {@link System#nanoTime}
   * @param patience a partition without any acknowledgement for so long is stalled
   */
  PartitionProgress(LongSupplier nanos, Duration patience) {
    this.nanos = nanos;
    this.patience = patience;
  }

  synchronized boolean isStalled(TopicPartition partition) {
    Sent sent = partitions.get(partition);
    return sent != null && leftNanos(sent) <= 0;
  }

  /** A record is about to be sent. */
  synchronized void begin(TopicPartition partition) {
    Sent sent = partitions.computeIfAbsent(partition, p -> new Sent());
    if (!sent.isUnderWay()) {
      sent.progress = nanos.getAsLong();
    }
    sent.begun++;
  }

  /** A record was acknowledged, or has failed. */
  synchronized void end(TopicPartition partition, boolean acknowledged) {
    Sent sent = partitions.computeIfAbsent(partition, p -> new Sent());
    sent.ended++;
    if (acknowledged) {
      sent.progress = nanos.getAsLong();
    }
    if (waiting > 0) {
      notifyAll();
    }
  }

  /** Waits until all that was sent so far has ended, but for what is stalled. */
  synchronized void await() throws InterruptedException {
    Map<TopicPartition, Long> sentSoFar = new HashMap<>();
    partitions.forEach((partition, sent) -> sentSoFar.put(partition, sent.begun));
    waiting++;
    try {
      for (long left = longestLeft(sentSoFar); left > 0; left = longestLeft(sentSoFar)) {
        wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
      }
    } finally {
      waiting--;
    }
  }

  private long longestLeft(Map<TopicPartition, Long> sentSoFar) {
    long longest = 0;
    for (Map.Entry<TopicPartition, Sent> partition : partitions.entrySet()) {
      Sent sent = partition.getValue();
      if (sent.ended < sentSoFar.getOrDefault(partition.getKey(), 0L)) {
        longest = Math.max(longest, leftNanos(sent));
      }
    }
    return longest;
  }

  /** The time until it is stalled. */
  private long leftNanos(Sent sent) {
    return sent.isUnderWay()
        ? Math.max(0, sent.progress + patience.toNanos() - nanos.getAsLong())
        : Long.MAX_VALUE;
  }
}
