// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What the services have published and what the console has folded of it, looked at again and
 * again. Numbers since the beginning, and times of {@link System#nanoTime()}.
 */
final class Lag implements AutoCloseable {

  private static final long LOOK_MS = 100;

  /**
   * What was found at once.
   *
   * @param ended how many trips have ever
   * @param folded asked for last, so that it is not too small
   */
  record Look(long time, long ended, long produced, long folded) {}

  private final Stage stage;
  private final TrackingConsole console;
  private final long before;
  private final List<Look> looks = new ArrayList<>();
  private final Thread thread = new Thread(this::look, "lag");
  private volatile boolean stopping;

  private Lag(Stage stage, TrackingConsole console, long before) {
    this.stage = stage;
    this.console = console;
    this.before = before;
    this.thread.setDaemon(true);
  }

  /**
   * Begins.
   *
   * @param console one that has folded nothing yet
   * @param before how many events there were where it begins
   */
  static Lag watch(Stage stage, TrackingConsole console, long before) {
    Lag lag = new Lag(stage, console, before);
    lag.thread.start();
    return lag;
  }

  private void look() {
    try {
      while (!stopping) {
        long time = System.nanoTime();
        long produced = stage.written(TrackingConsole.TRACKED) - before;
        long ended = stage.written(List.of(Trips.CAR));
        Look look = new Look(time, ended, produced, console.folded());
        synchronized (looks) {
          looks.add(look);
        }
        TimeUnit.MILLISECONDS.sleep(LOOK_MS);
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("looking at how far the console is", e);
    }
  }

  /** Those since a time. */
  List<Look> since(long time) {
    if (!thread.isAlive()) {
      throw new IllegalStateException("the console no longer answers");
    }
    synchronized (looks) {
      return looks.stream().filter(look -> look.time() - time >= 0).toList();
    }
  }

  /** Returns when all that has been published is folded. */
  void awaitNone(Duration longest) throws InterruptedException {
    long begin = System.nanoTime();
    while (since(begin).stream().noneMatch(look -> look.folded() >= look.produced())) {
      if (System.nanoTime() - begin > longest.toNanos()) {
        throw new IllegalStateException(
            "the console has not folded all that was published %s ago".formatted(longest));
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MS);
    }
  }

  /** How long the oldest event that is not folded then has been there; in seconds. */
  double behind(Look look) {
    synchronized (looks) {
      return behind(looks, look);
    }
  }

  static double behind(List<Look> looks, Look look) {
    for (Look earlier : looks) {
      if (earlier.produced() > look.folded()) {
        return Math.max(0, look.time() - earlier.time()) / 1e9;
      }
    }
    return 0;
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
