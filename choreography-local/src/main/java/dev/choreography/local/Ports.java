// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/** Ports on 127.0.0.1. */
final class Ports {
  // Below those that systems give to outgoing connections, so that none of these takes the port of
  // a program that is being restarted.
  private static final int FIRST = 15_000;
  private static final int LAST = 32_000;
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

  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getByAddress(LOOPBACK), port));
      return true;
    } catch (IOException taken) {
      return false;
    }
  }
}
