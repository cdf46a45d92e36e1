// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import dev.choreography.EventType;
import dev.choreography.console.trace.Trace.Debt;
import dev.choreography.control.Cancel;
import dev.choreography.protocol.EventHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One saga of one choreography with all its events, each after the one that led to it.
 *
 * @param events with every copy, right after the first
 */
public record SagaTrace(
    String saga, Declaration declaration, List<TracedEvent> events, Trace trace) {

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
    Set<String> ids = new LinkedHashSet<>();
    found.stream().map(TracedEvent::choreography).filter(Objects::nonNull).forEach(ids::add);
    List<SagaTrace> traces = new ArrayList<>();
    for (Declaration declaration : declarations) {
      if (ids.contains(declaration.id())) {
        traces.add(of(saga, declaration, found));
      }
    }
    if (traces.isEmpty()) {
      // Not adopted yet, so of no version; who waits for it is taken from the newest.
      Map<String, Declaration> newest = new HashMap<>();
      declarations.forEach(each -> newest.put(each.name(), each));
      newest.values().stream()
          .map(declaration -> of(saga, declaration, found))
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

  private static SagaTrace of(String saga, Declaration declaration, Collection<TracedEvent> found) {
    List<TracedEvent> events =
        found.stream()
            .filter(
                event ->
                    event.choreography() == null
                        ? event.record().topic().equals(declaration.declared().getStart())
                        : declaration.id().equals(event.choreography()))
            .toList();
    Trace trace = new Trace(declaration);
    for (TracedEvent event : events) {
      if (event.event() == null) {
        continue; // a dead letter now
      }
      if (!event.record().topic().equals(declaration.declared().getControl())) {
        trace.add(event.record().topic());
      } else if (event.type().equals(CANCEL)) {
        trace.cancel();
      }
    }
    return new SagaTrace(saga, declaration, ordered(events), trace);
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

  /** {@code completed}, {@code compensated}, {@code in_flight} or {@code stuck}. */
  public String status(Instant now) {
    return switch (trace.status()) {
      case COMPLETED -> "completed";
      case COMPENSATED -> "compensated";
      case IN_FLIGHT -> now.isAfter(deadline().plus(UNTIL_STUCK)) ? "stuck" : "in_flight";
    };
  }

  public boolean hasEnded() {
    return trace.status() != Trace.Status.IN_FLIGHT;
  }

  /** What is still to come, and from whom; nothing once the saga has ended. */
  public List<Debt> owed() {
    return hasEnded() ? List.of() : trace.owed();
  }
}
