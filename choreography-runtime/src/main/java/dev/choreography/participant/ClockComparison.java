// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the clock of a participant with the database's and the broker's. To be run once a
 * minute, by one thread at a time; the warnings may be asked for by any.
 */
final class ClockComparison implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(ClockComparison.class);

  /** A difference of clocks that is worth a warning. */
  private static final Duration WORTH_A_WARNING = Duration.ofSeconds(5);

  /** One in so many runs asks the broker, which costs a record. */
  private static final int RUNS_PER_QUESTION_TO_THE_BROKER = 60;

  private final String participant;
  private final Clock clock;
  private final Other database;
  private final @Nullable Other broker;
  private int runs;

  /**
   * A comparison that was not made yet.
   *
   * @param database asks the database for its time
   * @param broker asks the broker, null where it cannot be asked
   */
  ClockComparison(
      String participant,
      Clock clock,
      Callable<Instant> database,
      @Nullable Callable<Instant> broker) {
    this.participant = participant;
    this.clock = clock;
    this.database = new Other("the database's, which judges deadlines", database);
    this.broker =
        broker == null
            ? null
            : new Other("the broker's, which may refuse events for their time", broker);
  }

  @Override
  public void run() {
    database.compare();
    if (broker != null && runs++ % RUNS_PER_QUESTION_TO_THE_BROKER == 0) {
      broker.compare();
    }
  }

  /** A sentence for each clock that differs by five seconds or more. */
  List<String> warnings() {
    return Stream.of(database, broker)
        .filter(Objects::nonNull)
        .map(other -> other.warning)
        .filter(Objects::nonNull)
        .toList();
  }

  /** Another clock. */
  private final class Other {
    private final String name;
    private final Callable<Instant> time;
    private volatile @Nullable String warning;

    Other(String name, Callable<Instant> time) {
      this.name = name;
      this.time = time;
    }

    void compare() {
      Instant before = clock.instant();
      Instant there;
      try {
        there = time.call();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (Exception e) {
        // Whoever works with it tells that it is away.
        LOG.debug("participant={} the time is not told: {}", participant, e.toString());
        return;
      }
      Instant after = clock.instant();
      // It was told at some time between these two: only what is certain is a difference.
      Duration ahead =
          there.isBefore(before)
              ? Duration.between(there, before)
              : there.isAfter(after) ? Duration.between(there, after) : Duration.ZERO;
      tell(ahead, after, there);
    }

    private void tell(Duration ahead, Instant here, Instant there) {
      boolean known = warning != null;
      if (ahead.abs().compareTo(WORTH_A_WARNING) < 0) {
        warning = null;
        if (known) {
          LOG.info("participant={} the clock agrees with {} again", participant, name);
        }
        return;
      }
      String now =
          "the clock is %s %s %s: %s here, %s there; set the clocks, by NTP say"
              .formatted(
                  ahead.abs(), ahead.isNegative() ? "behind" : "ahead of", name, here, there);
      warning = now;
      if (!known) {
        LOG.warn("participant={} outcome=clock: {}", participant, now);
      }
    }
  }
}
