// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import dev.choreography.EventType;
import dev.choreography.console.trace.Trace.Debt;
import dev.choreography.control.Cancel;
import dev.choreography.kafka.DeadLetterHeaders;
import dev.choreography.kafka.Topics;
import dev.choreography.protocol.EventHeaders;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One saga of one choreography with all its events, each after the one that led to it.
 *
 * @param events with every copy, right after the first
 * @param deadLetter why its start is a dead letter; null if it is none
 * @param horizon starts whose deadlines lie before it are ignored; null if none is
 */
public record SagaTrace(
    String saga,
    Declaration declaration,
    List<TracedEvent> events,
    Trace trace,
    @Nullable String deadLetter,
    @Nullable Instant horizon) {

  /** The status of a saga whose start is a dead letter, and on which no step has acted. */
  public static final String DEAD_LETTER = "dead_letter";

  /** The status of a saga whose start is so old that every participant ignores it. */
  public static final String IGNORED = "ignored";

  /** In flight for this long past its deadline, a saga is stuck. */
  public static final Duration UNTIL_STUCK = Duration.ofMinutes(1);

  private static final String CANCEL = EventType.of(Cancel.class).topic();

  /**
   * What the events say: one trace for each choreography that has a saga of this id.
   *
   * @param declarations the newest version last
   */
  public static List<SagaTrace> of(
      String saga, Collection<Declaration> declarations, Collection<TracedEvent> found) {
    return of(saga, declarations, found, null);
  }

  /**
   * The same.
   *
   * @param found also dead letters
   * @param horizon starts whose deadlines lie before it are ignored, protocol rule 9; null if none
   */
  public static List<SagaTrace> of(
      String saga,
      Collection<Declaration> declarations,
      Collection<TracedEvent> found,
      @Nullable Instant horizon) {
    Set<String> ids = new LinkedHashSet<>();
    found.stream().map(TracedEvent::choreography).filter(Objects::nonNull).forEach(ids::add);
    List<SagaTrace> traces = new ArrayList<>();
    for (Declaration declaration : declarations) {
      if (ids.contains(declaration.id())) {
        traces.add(of(saga, declaration, found, horizon));
      }
    }
    if (traces.isEmpty()) {
      // Not adopted yet, so of no version; who waits for it is taken from the newest.
      Map<String, Declaration> newest = new HashMap<>();
      declarations.forEach(each -> newest.put(each.name(), each));
      newest.values().stream()
          .map(declaration -> of(saga, declaration, found, horizon))
          .filter(trace -> !trace.events().isEmpty())
          .sorted(Comparator.comparing(trace -> trace.declaration().name()))
          .forEach(traces::add);
    }
    return traces;
  }

  /** Of its choreography; null until its start is adopted, since only then it is of any version. */
  public @Nullable Integer version() {
    return events.stream().allMatch(SagaTrace::isBare) ? null : declaration.declared().getVersion();
  }

  /** What is to be said of an id without any event. */
  public static Refusal unknown(String saga) {
    return new Refusal(
        "no event of a saga '%s' is on any topic of the declared choreographies: is the id right?"
            .formatted(saga));
  }

  private static SagaTrace of(
      String saga,
      Declaration declaration,
      Collection<TracedEvent> found,
      @Nullable Instant horizon) {
    Set<String> deadLetters =
        declaration.participants().stream().map(Topics::deadLetters).collect(Collectors.toSet());
    List<TracedEvent> events =
        found.stream()
            .filter(event -> !deadLetters.contains(event.record().topic()))
            .filter(
                event ->
                    event.choreography() == null
                        ? event.record().topic().equals(declaration.declared().getStart())
                        : declaration.id().equals(event.choreography()))
            .toList();
    Trace trace = new Trace(declaration);
    for (TracedEvent event : events) {
      if (event.event() == null && event.header(TracedEvent.SHORTENED) == null) {
        continue; // a dead letter now
      }
      if (!event.record().topic().equals(declaration.declared().getControl())) {
        trace.add(event.record().topic());
      } else if (event.type().equals(CANCEL)) {
        trace.cancel();
      }
    }
    return new SagaTrace(
        saga, declaration, ordered(events), trace, deadLetter(declaration, found, events), horizon);
  }

  /** Why the last start that was put aside was; one that was adopted after all has no reason. */
  private static @Nullable String deadLetter(
      Declaration declaration, Collection<TracedEvent> found, List<TracedEvent> events) {
    String start = declaration.declared().getStart();
    boolean hasBegun =
        events.stream()
            .anyMatch(
                event ->
                    !event.record().topic().equals(start)
                        && declaration.signals().containsKey(event.record().topic()));
    if (hasBegun) {
      return null;
    }
    boolean isAdopted = events.stream().anyMatch(event -> !isBare(event));
    return found.stream()
        .filter(event -> start.equals(event.header(DeadLetterHeaders.TOPIC)))
        .filter(event -> !isAdopted || !isBare(event))
        .max(Comparator.comparing(TracedEvent::published))
        .map(event -> event.header(DeadLetterHeaders.REASON))
        .orElse(null);
  }

  private static List<TracedEvent> ordered(List<TracedEvent> events) {
    List<TracedEvent> byTime =
        events.stream()
            .sorted(
                Comparator.comparing(TracedEvent::time)
                    .thenComparing(event -> event.record().topic())
                    .thenComparing(event -> event.record().offset()))
            .toList();
    CausalOrder order = new CausalOrder();
    List<TracedEvent> first = new ArrayList<>();
    byTime.forEach(event -> first.addAll(order.add(event)));
    Set<TracedEvent> ordered = new LinkedHashSet<>();
    for (TracedEvent event : first) {
      ordered.add(event);
      byTime.stream().filter(other -> other.id().equals(event.id())).forEach(ordered::add);
    }
    // Those whose cause is gone, or never was.
    ordered.addAll(byTime);
    return List.copyOf(ordered);
  }

  /** Whether an event was there before. */
  public boolean isCopy(TracedEvent event) {
    return !event.equals(first(event.id()));
  }

  /** Whether it is a start as any producer publishes it, without what participants add. */
  public static boolean isBare(TracedEvent event) {
    return event.choreography() == null;
  }

  /** Whether it is a bare start as a participant published it once more, to be acted on. */
  public boolean isAdopted(TracedEvent event) {
    TracedEvent first = first(event.id());
    return first != null && isBare(first) && !isBare(event);
  }

  /** From the end of the cause's handler to that of this one's; null if there is no cause. */
  public @Nullable Duration sinceCause(TracedEvent event) {
    String id = isAdopted(event) ? event.id() : event.cause();
    if (id == null || (id.equals(event.id()) && !isAdopted(event))) {
      return null;
    }
    TracedEvent cause =
        events.stream()
            .filter(other -> other.id().equals(id) && !other.time().isAfter(event.time()))
            .filter(other -> !other.equals(event))
            .max(Comparator.comparing(TracedEvent::time))
            .orElseGet(() -> first(id));
    return cause == null ? null : Duration.between(cause.time(), event.time());
  }

  private @Nullable TracedEvent first(String id) {
    return events.stream().filter(event -> event.id().equals(id)).findFirst().orElse(null);
  }

  /** As the events say; before the start is adopted, as it will be. */
  public Instant deadline() {
    return events.stream()
        .map(event -> event.instant(EventHeaders.DEADLINE))
        .filter(Objects::nonNull)
        .findFirst()
        .orElseGet(
            () -> events.get(0).published().plusMillis(declaration.declared().getDeadlineMs()));
  }

  /**
   * {@code completed}, {@code compensated}, {@code in_flight}, {@code stuck}, {@link #DEAD_LETTER}
   * or {@link #IGNORED}.
   */
  public String status(Instant now) {
    return switch (trace.status()) {
      case COMPLETED -> "completed";
      case COMPENSATED -> "compensated";
      case IN_FLIGHT ->
          deadLetter != null
              ? DEAD_LETTER
              : isIgnored() ? IGNORED : now.isAfter(stuckAt()) ? "stuck" : "in_flight";
    };
  }

  /** A start that was adopted past its deadline has a minute, too. */
  private Instant stuckAt() {
    Instant deadline = deadline();
    return events.stream()
        .filter(event -> !isBare(event))
        .filter(event -> event.record().topic().equals(declaration.declared().getStart()))
        .map(TracedEvent::published)
        .filter(published -> published.isAfter(deadline))
        .findFirst()
        .orElse(deadline)
        .plus(UNTIL_STUCK);
  }

  private boolean isIgnored() {
    return version() == null && horizon != null && deadline().isBefore(horizon);
  }

  /** Why nobody will ever act on its start, a sentence; null if somebody may. */
  public @Nullable String refused() {
    return hasEnded()
        ? null
        : deadLetter != null
            ? "its start is a dead letter: " + deadLetter
            : isIgnored() ? ignored(deadline()) : null;
  }

  /** Why participants ignore a start with this deadline, a sentence. */
  public static String ignored(Instant deadline) {
    return "by its record's timestamp it was to end by %s, so long ago that every participant ignores it: publish it again with the time of now, in milliseconds"
        .formatted(deadline.truncatedTo(ChronoUnit.SECONDS));
  }

  public boolean hasEnded() {
    return trace.status() != Trace.Status.IN_FLIGHT;
  }

  /** What is still to come, and from whom; nothing once the saga has ended. */
  public List<Debt> owed() {
    return hasEnded() || refused() != null ? List.of() : trace.owed();
  }
}
