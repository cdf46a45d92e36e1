// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Lets each event through once, and after the one that led to it, in whatever order the topics were
 * read.
 */
public final class CausalOrder {

  private final Set<String> through = new HashSet<>();
  private final Map<String, List<TracedEvent>> waitingFor = new HashMap<>();

  /** Those that are let through now that this one has come: none, itself, or others after it. */
  public List<TracedEvent> add(TracedEvent event) {
    String cause = event.cause();
    if (cause != null && !cause.equals(event.id()) && !through.contains(cause)) {
      waitingFor.computeIfAbsent(cause, id -> new ArrayList<>()).add(event);
      return List.of();
    }
    List<TracedEvent> ordered = new ArrayList<>();
    Deque<TracedEvent> ready = new ArrayDeque<>(List.of(event));
    for (TracedEvent next = ready.poll(); next != null; next = ready.poll()) {
      if (through.add(next.id())) {
        ordered.add(next);
        ready.addAll(waitingFor.getOrDefault(next.id(), List.of()));
        waitingFor.remove(next.id());
      }
    }
    return ordered;
  }
}
