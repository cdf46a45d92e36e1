// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many records were ignored, by reason, and how many lay on another partition than their key's,
 * since the participant started. Safe for use by several threads.
 */
public final class RecordCounts {

  private static final Logger LOG = LoggerFactory.getLogger(RecordCounts.class);
  private static final String MISPLACED = "misplaced";
  private static final String IGNORED = "ignored";

  /** The shortest time from one log entry about misplaced records to the next. */
  private static final Duration LOG_PAUSE = Duration.ofMinutes(1);

  private final Map<Ignored, LongAdder> ignored =
      Collections.unmodifiableMap(
          new EnumMap<>(
              Arrays.stream(Ignored.values())
                  .collect(Collectors.toMap(Function.identity(), reason -> new LongAdder()))));

  private final LongAdder misplaced = new LongAdder();
  private final AtomicLong nextLog = new AtomicLong(System.nanoTime());

  /** The last record counted of each partition: one that is read again is counted once. */
  private final Map<Place, Long> counted = new ConcurrentHashMap<>();

  private record Place(String what, String topic, int partition) {}

  RecordCounts() {}

  /** How many were ignored for this reason. */
  public long ignored(Ignored reason) {
    return adder(reason).sum();
  }

  /** How many lay on another partition than their key's. */
  public long misplaced() {
    return misplaced.sum();
  }

  /** All of them by name, also those that are 0. */
  public Map<String, Long> all() {
    Map<String, Long> all = new TreeMap<>();
    ignored.forEach((reason, count) -> all.put(IGNORED + " " + reason.tag(), count.sum()));
    all.put(MISPLACED, misplaced.sum());
    return all;
  }

  /** Counts a record that means nothing to any hosted step. */
  void ignored(Ignored reason, Incoming record) {
    if (isFirst(IGNORED, record)) {
      ignored(reason, 1);
    }
  }

  /** Counts records that changed nothing, once their transaction has committed. */
  void ignored(Ignored reason, int records) {
    adder(reason).add(records);
  }

  private LongAdder adder(Ignored reason) {
    LongAdder adder = ignored.get(reason);
    if (adder == null) {
      throw new IllegalStateException("each reason has a count");
    }
    return adder;
  }

  /**
   * Counts a record that lies on another partition than its key's, and tells of it now and then.
   */
  void misplaced(Incoming record) {
    if (!isFirst(MISPLACED, record)) {
      return;
    }
    misplaced.increment();
    long now = System.nanoTime();
    long due = nextLog.get();
    if (now - due >= 0 && nextLog.compareAndSet(due, now + LOG_PAUSE.toNanos())) {
      LOG.warn(
          "event={} outcome=misplaced: it lies on another partition than its key's, so its producer partitions otherwise than Kafka's Java client; {} such records since the start",
          record,
          misplaced.sum());
    }
  }

  private boolean isFirst(String what, Incoming record) {
    boolean[] first = new boolean[1];
    counted.compute(
        new Place(what, record.topic(), record.partition()),
        (place, last) -> {
          first[0] = last == null || last < record.offset();
          return first[0] ? Long.valueOf(record.offset()) : last;
        });
    return first[0];
  }
}
