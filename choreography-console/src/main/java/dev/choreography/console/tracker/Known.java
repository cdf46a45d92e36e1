// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import dev.choreography.console.trace.Declaration;
import dev.choreography.kafka.Topics;
import java.time.Duration;
import java.time.Instant;
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
  private final Set<String> participants = new TreeSet<>();
  private final Set<String> deadLetters = new TreeSet<>();
  private final @Nullable Duration kept;

  /** Those declared, on topics that keep events for ever. */
  Known(Collection<Declaration> declarations) {
    this(declarations, null);
  }

  /**
   * Those declared.
   *
   * @param declarations the newest version last
   * @param kept how long after its time an event may still be read; null if for ever
   */
  Known(Collection<Declaration> declarations, @Nullable Duration kept) {
    this.all = List.copyOf(declarations);
    this.kept = kept;
    for (Declaration each : all) {
      byId.put(each.id(), each);
      newest.put(each.name(), each);
      participants.addAll(each.participants());
    }
    participants.forEach(participant -> deadLetters.add(Topics.deadLetters(participant)));
    for (Declaration each : newest.values()) {
      starts
          .computeIfAbsent(each.declared().getStart(), topic -> new ArrayList<>())
          .add(each.name());
    }
  }

  List<Declaration> all() {
    return all;
  }

  /** Every topic of every event and command, and those of dead letters. */
  Set<String> topics() {
    Set<String> topics = new TreeSet<>(events(all));
    topics.addAll(deadLetters);
    return topics;
  }

  /** Every topic of every event and command. */
  static Set<String> events(Collection<Declaration> declarations) {
    Set<String> topics = new TreeSet<>();
    for (Declaration each : declarations) {
      topics.addAll(each.topics());
      topics.add(each.declared().getControl());
    }
    return topics;
  }

  /** Whether a topic is a participant's for dead letters. */
  boolean isDeadLetters(String topic) {
    return deadLetters.contains(topic);
  }

  /** Whether somebody owns a step under this name. */
  boolean isParticipant(String name) {
    return participants.contains(name);
  }

  /**
   * Starts whose deadlines lie before this are ignored by every participant, protocol rule 9; null
   * if none is.
   */
  @Nullable Instant horizon(Instant now) {
    return kept == null ? null : now.minus(kept);
  }

  @Nullable Declaration byId(String id) {
    return byId.get(id);
  }

  @Nullable Declaration newest(String name) {
    return newest.get(name);
  }

  /** Whether a topic's records start sagas of any version. */
  boolean isStart(String topic) {
    return all.stream().anyMatch(each -> each.declared().getStart().equals(topic));
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
