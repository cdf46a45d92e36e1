// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.EventType;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Parking;
import dev.choreography.console.trace.SagaTrace;
import dev.choreography.console.trace.Trace;
import dev.choreography.console.trace.Trace.Debt;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.control.Cancel;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The sagas of each version that have not ended yet, told from events in any order. */
final class Remaining {

  private static final String CANCEL = EventType.of(Cancel.class).topic();

  private final Map<String, Version> versions = new LinkedHashMap<>();
  private final Map<String, Map<String, Instant>> bare = new HashMap<>();
  private final @Nullable Duration kept;
  private Map<String, Map<String, String>> deadLetters = Map.of();
  private final List<TracedEvent> control = new ArrayList<>();

  /**
   * @param declarations every version of each choreography that is asked about
   * @param kept how long after its deadline a start is answered; null if for ever
   */
  Remaining(Collection<Declaration> declarations, @Nullable Duration kept) {
    this.kept = kept;
    declarations.forEach(each -> versions.put(each.id(), new Version(each)));
  }

  /** One version of a choreography, and its sagas. */
  private static final class Version {
    final Declaration declaration;
    final Map<String, Trace> underWay = new TreeMap<>();
    final Map<String, Instant> deadlines = new HashMap<>();
    final Set<String> ended = new HashSet<>();

    Version(Declaration declaration) {
      this.declaration = declaration;
    }
  }

  /**
   * A saga that is left.
   *
   * @param owed what has to come next, and from whom
   * @param parked the steps that wait for an operator; also of sagas that have else ended
   * @param deadline its own; null of one that is left for its parked step alone
   * @param stuck whether it has been in flight for a minute past its deadline
   */
  record Left(
      String saga,
      List<Debt> owed,
      List<Parking> parked,
      @Nullable Instant deadline,
      boolean stuck) {}

  /**
   * A version as far as it was read.
   *
   * @param ended how many of its sagas have
   */
  record Standing(Declaration declaration, List<Left> left, int ended) {}

  /** One more event of a saga, or a command. */
  void add(TracedEvent event) {
    String id = event.choreography();
    if (id == null) {
      addBare(event);
      return;
    }
    Version version = versions.get(id);
    if (version == null || event.record().value() == null) {
      return;
    }
    String saga = event.saga();
    boolean command = event.record().topic().equals(version.declaration.declared().getControl());
    if (command && !event.type().equals(CANCEL)) {
      control.add(event);
    }
    if (version.ended.contains(saga)) {
      return;
    }
    Trace trace = version.underWay.computeIfAbsent(saga, s -> new Trace(version.declaration));
    if (!command) {
      trace.add(event.record().topic());
    } else if (event.type().equals(CANCEL)) {
      trace.cancel();
    }
    Instant deadline = event.instant(EventHeaders.DEADLINE);
    if (deadline != null) {
      version.deadlines.put(saga, deadline);
    }
    if (trace.status() != Trace.Status.IN_FLIGHT) {
      version.underWay.remove(saga);
      version.deadlines.remove(saga);
      version.ended.add(saga);
    }
  }

  /** A start that somebody has to adopt; what is no event, or of another saga, nobody will. */
  private void addBare(TracedEvent event) {
    if (event.event() == null || !event.saga().equals(String.valueOf(event.event().get(0)))) {
      return;
    }
    for (Version version : versions.values()) {
      if (version.declaration.declared().getStart().equals(event.record().topic())) {
        // Of its copies the one that is adopted is the one that is not too old.
        bare.computeIfAbsent(version.declaration.name(), name -> new TreeMap<>())
            .merge(event.saga(), event.published(), (a, b) -> a.isAfter(b) ? a : b);
      }
    }
  }

  /** The participants' dead letters as they are now; those of starts count. */
  void deadLetters(DeadLetters letters) {
    Map<String, Map<String, String>> reasons = new HashMap<>();
    for (PutAside letter : letters.open()) {
      reasons
          .computeIfAbsent(letter.topic(), topic -> new HashMap<>())
          .put(letter.key(), letter.reason());
    }
    deadLetters = reasons;
  }

  /** The starts of a choreography that nobody will act on, each with the reason. */
  Map<String, String> refused(String choreography, Instant now) {
    Map<String, String> refused = new TreeMap<>();
    for (Version version : versions.values()) {
      if (version.declaration.name().equals(choreography)) {
        version.underWay.keySet().stream()
            .filter(saga -> isRefused(version, saga))
            .forEach(saga -> refused.put(saga, deadLetter(reason(version, saga))));
        withoutVersion(choreography)
            .forEach(
                (saga, published) -> {
                  String reason = reason(version, saga);
                  Instant deadline =
                      published.plusMillis(version.declaration.declared().getDeadlineMs());
                  if (reason != null) {
                    refused.put(saga, deadLetter(reason));
                  } else if (kept != null && deadline.isBefore(now.minus(kept))) {
                    refused.put(saga, SagaTrace.ignored(deadline));
                  }
                });
      }
    }
    return refused;
  }

  private static String deadLetter(@Nullable String reason) {
    return "its start is a dead letter: " + reason;
  }

  private @Nullable String reason(Version version, String saga) {
    return deadLetters.getOrDefault(version.declaration.declared().getStart(), Map.of()).get(saga);
  }

  /** Whether its start is a dead letter, and no step has acted on it. */
  private boolean isRefused(Version version, String saga) {
    Trace trace = version.underWay.get(saga);
    return trace != null
        && reason(version, saga) != null
        && version.declaration.indexes().allMatch(step -> trace.state(step) == State.NONE);
  }

  /**
   * The starts of a choreography that nobody has adopted and somebody will, so that their version
   * is open.
   */
  Set<String> notAdopted(String choreography, Instant now) {
    Set<String> open = new TreeSet<>(withoutVersion(choreography).keySet());
    open.removeAll(refused(choreography, now).keySet());
    return Set.copyOf(open);
  }

  private Map<String, Instant> withoutVersion(String choreography) {
    Map<String, Instant> open = bare.getOrDefault(choreography, new TreeMap<>());
    for (Version version : versions.values()) {
      if (version.declaration.name().equals(choreography)) {
        open.keySet().removeAll(version.ended);
        open.keySet().removeAll(version.underWay.keySet());
      }
    }
    return open;
  }

  /** How each version stands. */
  List<Standing> standings(Instant now) {
    Map<String, List<Parking>> parked = new HashMap<>();
    for (Parking parking : Parking.open(control)) {
      parked.computeIfAbsent(parking.saga(), saga -> new ArrayList<>()).add(parking);
    }
    return versions.values().stream().map(version -> standing(version, parked, now)).toList();
  }

  private Standing standing(Version version, Map<String, List<Parking>> parked, Instant now) {
    List<Left> left = new ArrayList<>();
    version.underWay.forEach(
        (saga, trace) -> {
          Instant deadline = version.deadlines.get(saga);
          if (isRefused(version, saga)) {
            return;
          }
          left.add(
              new Left(
                  saga,
                  trace.owed(),
                  parked.getOrDefault(saga, List.of()),
                  deadline,
                  deadline != null && now.isAfter(deadline.plus(SagaTrace.UNTIL_STUCK))));
        });
    int ended = version.ended.size();
    for (String saga : new TreeSet<>(parked.keySet())) {
      if (version.ended.contains(saga)) {
        // Its confirmation keeps failing: the step's row is not at its end.
        left.add(new Left(saga, List.of(), parked.getOrDefault(saga, List.of()), null, false));
        ended--;
      }
    }
    return new Standing(version.declaration, left, ended);
  }
}
