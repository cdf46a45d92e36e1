// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * The parts of a participant that have something to add to its health beside whether it is up. Each
 * is asked whenever somebody asks for the health. Safe for use by several threads.
 */
final class HealthNotes {

  private final List<Supplier<? extends Collection<String>>> warnings =
      new CopyOnWriteArrayList<>();
  private final List<Supplier<Map<String, Long>>> counts = new CopyOnWriteArrayList<>();

  /** Adds a part that may have warnings, one sentence each; it must be quick and not throw. */
  void warnedBy(Supplier<? extends Collection<String>> part) {
    warnings.add(part);
  }

  /** Adds a part that counts something; what is 0 is left out. */
  void countedBy(Supplier<Map<String, Long>> part) {
    counts.add(part);
  }

  List<String> warnings() {
    return warnings.stream().flatMap(part -> part.get().stream()).distinct().toList();
  }

  SortedMap<String, Long> counts() {
    SortedMap<String, Long> all = new TreeMap<>();
    for (Supplier<Map<String, Long>> part : counts) {
      part.get().forEach((what, count) -> all.merge(what, count, Long::sum));
    }
    all.values().removeIf(count -> count == 0);
    return all;
  }
}
