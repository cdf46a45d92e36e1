// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import dev.choreography.chassis.HttpEndpoint.Status;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * What was opened, to be closed in reverse, once, by the main thread or the shutdown hook. What is
 * opened while it closes is closed at once.
 */
final class Lifecycle implements AutoCloseable {

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private Supplier<Status> health = () -> new Status(false, "starting");
  private boolean closing;

  synchronized <T extends AutoCloseable> T keep(T opened) {
    if (closing) {
      close(opened);
    } else {
      open.push(opened);
    }
    return opened;
  }

  /** The start has succeeded; from now on somebody else knows the health. */
  synchronized void started(Supplier<Status> knows) {
    if (!closing) {
      health = knows;
    }
  }

  Status health() {
    Supplier<Status> knows;
    synchronized (this) {
      knows = health;
    }
    return knows.get();
  }

  synchronized boolean isClosing() {
    return closing;
  }

  @Override
  public void close() {
    synchronized (this) {
      closing = true;
      health = () -> new Status(false, "stopping");
    }
    for (AutoCloseable next = take(); next != null; next = take()) {
      close(next);
    }
  }

  private synchronized @Nullable AutoCloseable take() {
    return open.poll();
  }

  private static void close(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) { // the others are to be closed all the same
      LoggerFactory.getLogger(Lifecycle.class)
          .warn("{} did not close cleanly", part.getClass().getSimpleName(), e);
    }
  }
}
