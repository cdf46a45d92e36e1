// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Ports on 127.0.0.1. */
final class Ports {
  // Below those that systems give to outgoing connections, so that none of these takes the port of
  // a program that is being restarted.
  private static final int FIRST = 15_000;
  private static final int LAST = 32_000;
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final byte[] LOOPBACK = {127, 0, 0, 1};
  private static final Set<Integer> GIVEN_OUT = ConcurrentHashMap.newKeySet();

  private Ports() {}

  /** The port itself, or for 0 a free one that this JVM has not given out yet. */
  static int orFree(int port) {
    if (port != 0) {
      return port;
    }
    for (int attempt = 0; attempt < 1000; attempt++) {
      int candidate = ThreadLocalRandom.current().nextInt(FIRST, LAST);
      if (isFree(candidate) && GIVEN_OUT.add(candidate)) {
        return candidate;
      }
    }
    throw new IllegalStateException(
        "no free port from " + FIRST + " to " + LAST + " on 127.0.0.1 in 1000 attempts");
  }

  /**
   * Whether a port is free, or is within two seconds. A process that this one starts holds for a
   * moment whatever socket was open while it was forked, also the one with which {@link #orFree}
   * has just tried the port.
   */
  static boolean becomesFree(int port) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (!isFree(port)) {
      if (System.nanoTime() - until > 0) {
        return false;
      }
      try {
        TimeUnit.MILLISECONDS.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }

  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
