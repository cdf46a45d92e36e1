// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import java.util.Comparator;
import java.util.PriorityQueue;

/** What is to happen later; of two at the same time the one that was planned first. */
final class Agenda {

  /** There is nothing to wait for. */
  static final long NEVER = Long.MAX_VALUE;

  private final PriorityQueue<Item> items =
      new PriorityQueue<>(Comparator.comparingLong(Item::time).thenComparingLong(Item::number));
  private long planned;

  private record Item(long time, long number, Runnable what) {}

  void at(long time, Runnable what) {
    items.add(new Item(time, planned++, what));
  }

  /** Has all happen whose time has come; returns whether there was any. */
  boolean run(long now) {
    boolean any = false;
    for (Item next = items.peek(); next != null && next.time <= now; next = items.peek()) {
      items.remove();
      next.what.run();
      any = true;
    }
    return any;
  }

  /** When the next is to happen. */
  long next() {
    Item next = items.peek();
    return next == null ? NEVER : next.time;
  }
}
