// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import dev.choreography.console.trace.Declaration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The declared choreographies, as the tracker asks for them. */
final class Known {

  private final List<Declaration> all;
  private final Map<String, Declaration> byId = new HashMap<>();
  private final Map<String, Declaration> newest = new HashMap<>();
  private final Map<String, List<String>> starts = new HashMap<>();

  /**
   * Those declared.
   *
   * @param declarations the newest version last
   */
  Known(Collection<Declaration> declarations) {
    this.all = List.copyOf(declarations);
    for (Declaration each : all) {
      byId.put(each.id(), each);
      newest.put(each.name(), each);
    }
    for (Declaration each : newest.values()) {
      starts
          .computeIfAbsent(each.declared().getStart(), topic -> new ArrayList<>())
          .add(each.name());
    }
  }

  List<Declaration> all() {
    return all;
  }

  /** Every topic of every event and command. */
  Set<String> topics() {
    Set<String> topics = new TreeSet<>();
    for (Declaration each : all) {
      topics.addAll(each.topics());
      topics.add(each.declared().getControl());
    }
    return topics;
  }

  @Nullable Declaration byId(String id) {
    return byId.get(id);
  }

  @Nullable Declaration newest(String name) {
    return newest.get(name);
  }

  /** The names of the choreographies that a topic's records start. */
  List<String> startedBy(String topic) {
    return starts.getOrDefault(topic, List.of());
  }

  /** The name in {@code name:version:fingerprint}; null if it is nothing of the kind. */
  static @Nullable String name(String id) {
    int fingerprint = id.lastIndexOf(':');
    int version = fingerprint < 0 ? -1 : id.lastIndexOf(':', fingerprint - 1);
    return version <= 0 ? null : id.substring(0, version);
  }
}
