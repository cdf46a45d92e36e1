// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/**
 * Holds back the first message that matches, on every connection that sends one, and whatever
 * follows it in its direction. If the client dies meanwhile, what is held is lost, as it would be
 * with a process that died before sending it.
 */
final class Trap {

  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private final String name;
  private final Predicate<String> matches;
  private final List<TcpProxy.Lane> caught = new ArrayList<>();
  private boolean armed = true;

  /**
   * A trap.
   *
   * @param name what it waits for, for the message of a test that waits in vain
   */
  Trap(String name, Predicate<String> matches) {
    this.name = name;
    this.matches = matches;
  }

  synchronized boolean catches(TcpProxy.Lane lane, String said) {
    if (!armed || said.isEmpty() || !matches.test(said)) {
      return false;
    }
    caught.add(lane);
    return true;
  }

  synchronized boolean isSprung() {
    return !caught.isEmpty();
  }

  void awaitSprung() {
    Awaitility.await(name)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(this::isSprung);
  }

  /** Lets everything go on, and catches nothing more. */
  void release() {
    disarm().forEach(TcpProxy.Lane::goOn);
  }

  /** Cuts the connections that were caught, with what they held, and catches nothing more. */
  void cut() {
    disarm().forEach(TcpProxy.Lane::cut);
  }

  private synchronized List<TcpProxy.Lane> disarm() {
    armed = false;
    return List.copyOf(caught);
  }
}
