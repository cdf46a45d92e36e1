// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import dev.choreography.EventType;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.SagaTrace;
import dev.choreography.console.trace.Trace;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.control.Cancel;
import dev.choreography.control.Parked;
import dev.choreography.control.Resolve;
import dev.choreography.control.Retry;
import dev.choreography.kafka.DeadLetterHeaders;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A saga's summary with one more event. What its events mean, {@link Trace} says, as it does for
 * {@link SagaTrace}: the same events, in whatever order they come, lead to the same.
 */
final class Fold {

  private static final String CANCEL = topic(Cancel.class);
  private static final String PARKED = topic(Parked.class);
  private static final Set<String> ANSWERS = Set.of(topic(Retry.class), topic(Resolve.class));

  private static final int LONGEST_TOPIC = 249;
  private static final int MOST_PARKINGS = 1_000;

  private final Known known;

  Fold(Known known) {
    this.known = known;
  }

  /**
   * What came of an event.
   *
   * @param saga with it
   * @param ways that were measured with it
   */
  record Folded(Tracked saga, List<Way> ways) {}

  /**
   * How long a part of the way from one event to the next took.
   *
   * @param step whose event it led to
   * @param segment {@code broker}, {@code inbox}, {@code handler}, {@code outbox} or {@code total}
   * @param published when the event was
   */
  record Way(String step, String segment, long millis, long published) {}

  /** The summary with an event; the same if the event is of no version that is declared. */
  Folded with(@Nullable Tracked old, SagaKey key, TracedEvent event, Instant now) {
    Tracked before = old == null ? begun(key, event) : old;
    Declaration declaration = declaration(before, event);
    if (declaration == null) {
      return new Folded(counted(before, event), List.of());
    }
    if (known.isDeadLetters(event.record().topic())) {
      return new Folded(
          standing(refused(counted(before, event), event), declaration, false, now), List.of());
    }
    boolean adopts = before.declaration().isEmpty() && event.choreography() != null;
    boolean others = event.choreography() != null && !event.choreography().equals(declaration.id());
    boolean isRead = event.event() != null || event.header(TracedEvent.SHORTENED) != null;
    if (others || !isRead) {
      return new Folded(standing(counted(before, event), declaration, false, now), List.of());
    }
    List<Seen> seen = new ArrayList<>(before.seen());
    Set<String> parkings = new LinkedHashSet<>(before.parkings());
    Set<String> answered = new LinkedHashSet<>(before.answered());
    List<Way> ways = new ArrayList<>();
    boolean cancelled = before.cancelled();
    long time = event.time().toEpochMilli();
    if (!event.record().topic().equals(declaration.declared().getControl())) {
      see(declaration, event, time, seen, ways);
    } else if (event.type().equals(CANCEL)) {
      cancelled = true;
    } else if (event.type().equals(PARKED)) {
      add(parkings, parking(declaration, event));
    } else if (ANSWERS.contains(event.type())) {
      add(answered, parking(declaration, event));
    }
    // Reading a time is dear: only where it is asked for.
    Instant deadline =
        adopts || before.declaration().isEmpty() ? event.instant(EventHeaders.DEADLINE) : null;
    Tracked with =
        new Tracked(
            key,
            adopts ? declaration.id() : before.declaration(),
            adopts ? declaration.declared().getVersion() : before.version(),
            before.status(),
            started(declaration, before, event),
            deadline == null ? before.deadline() : deadline.toEpochMilli(),
            Math.max(before.changed(), time),
            before.ended(),
            before.events() + 1,
            cancelled,
            seen,
            List.copyOf(parkings),
            List.copyOf(answered),
            before.steps(),
            adopts ? "" : before.deadLetter());
    return new Folded(standing(with, declaration, false, now), ways);
  }

  /** The summary of one that is past its deadline for so long that it is stuck, if it goes on. */
  Tracked late(Tracked saga, Instant now) {
    Declaration declaration =
        saga.declaration().isEmpty()
            ? known.newest(saga.choreography())
            : known.byId(saga.declaration());
    return declaration == null
        ? withStatus(saga, Tracked.STUCK)
        : standing(saga, declaration, true, now);
  }

  private Tracked begun(SagaKey key, TracedEvent event) {
    Declaration newest = known.newest(key.choreography());
    long published = event.published().toEpochMilli();
    return new Tracked(
        key,
        "",
        Tracked.OPEN,
        Tracked.IN_FLIGHT,
        published,
        published + (newest == null ? 0 : newest.declared().getDeadlineMs()),
        0,
        0,
        0,
        false,
        List.of(),
        List.of(),
        List.of(),
        Map.of(),
        "");
  }

  /** Its own; before its start was adopted that of the event, or the newest. */
  private @Nullable Declaration declaration(Tracked before, TracedEvent event) {
    if (!before.declaration().isEmpty()) {
      return known.byId(before.declaration());
    }
    String id = event.choreography();
    return id == null ? known.newest(before.choreography()) : known.byId(id);
  }

  private static Tracked counted(Tracked saga, TracedEvent event) {
    return new Tracked(
        saga.key(),
        saga.declaration(),
        saga.version(),
        saga.status(),
        saga.started(),
        saga.deadline(),
        Math.max(saga.changed(), event.time().toEpochMilli()),
        saga.ended(),
        saga.events() + 1,
        saga.cancelled(),
        saga.seen(),
        saga.parkings(),
        saga.answered(),
        saga.steps(),
        saga.deadLetter());
  }

  private static long started(Declaration declaration, Tracked before, TracedEvent event) {
    boolean isStart = event.record().topic().equals(declaration.declared().getStart());
    boolean hadStart =
        before.seen().stream()
            .anyMatch(seen -> seen.type().equals(declaration.declared().getStart()));
    long published = event.published().toEpochMilli();
    Instant deadline = isStart ? event.instant(EventHeaders.DEADLINE) : null;
    if (deadline != null && deadline.isBefore(event.published())) {
      // Adopted past its deadline, whatever time the bare one says it is of.
      return published;
    }
    if (isStart == hadStart) {
      return Math.min(before.started(), published);
    }
    return isStart ? published : before.started();
  }

  private static void see(
      Declaration declaration, TracedEvent event, long time, List<Seen> seen, List<Way> ways) {
    String type = event.record().topic();
    Signal signal = declaration.signals().get(type);
    if (signal == null) {
      return;
    }
    long published = event.published().toEpochMilli();
    for (int i = 0; i < seen.size(); i++) {
      if (seen.get(i).type().equals(type)) {
        if (signal.equals(Signal.STARTED) && !SagaTrace.isBare(event)) {
          // Participants act on the adopted one.
          seen.set(i, seen.get(i).withPublished(published));
        }
        return;
      }
    }
    Instant received = event.instant(EventHeaders.RECEIVED);
    seen.add(
        new Seen(
            type,
            cause(event),
            published,
            received == null ? 0 : received.toEpochMilli(),
            signal.equals(Signal.STARTED)));
    if (!signal.equals(Signal.STARTED)) {
      String step = declaration.step(signal.step()).getName();
      hop(event, time, received, step, ways);
    }
    for (int i = 0; i < seen.size(); i++) {
      way(declaration, seen, i, ways);
    }
  }

  /** What the event says itself of its way. */
  private static void hop(
      TracedEvent event, long time, @Nullable Instant received, String step, List<Way> ways) {
    long published = event.published().toEpochMilli();
    Instant begun = event.instant(EventHeaders.STARTED);
    ways.add(new Way(step, "outbox", published - time, published));
    if (begun != null) {
      ways.add(new Way(step, "handler", time - begun.toEpochMilli(), published));
      if (received != null) {
        ways.add(new Way(step, "inbox", begun.toEpochMilli() - received.toEpochMilli(), published));
      }
    }
  }

  /** What can be said when its cause is there, too, whichever came first. */
  private static void way(Declaration declaration, List<Seen> seen, int index, List<Way> ways) {
    Seen effect = seen.get(index);
    Signal signal = declaration.signals().get(effect.type());
    if (effect.measured() || signal == null) {
      return;
    }
    for (Seen cause : seen) {
      if (cause.type().equals(effect.cause()) && !cause.equals(effect)) {
        String step = declaration.step(signal.step()).getName();
        if (effect.received() > 0) {
          ways.add(
              new Way(step, "broker", effect.received() - cause.published(), effect.published()));
        }
        ways.add(
            new Way(step, "total", effect.published() - cause.published(), effect.published()));
        seen.set(index, effect.withMeasured());
        return;
      }
    }
  }

  private static String cause(TracedEvent event) {
    String cause = event.causeType();
    // A longer one names no topic.
    return cause == null || cause.length() > LONGEST_TOPIC ? "" : cause;
  }

  /** Which one; null if it can be none, and would only make the summary long. */
  private static @Nullable String parking(Declaration declaration, TracedEvent event) {
    String step = event.field("step");
    String times = event.field("times");
    boolean isDeclared = declaration.steps().stream().anyMatch(s -> s.getName().equals(step));
    return isDeclared && times != null && times.matches("-?\\d{1,10}") ? step + "/" + times : null;
  }

  private static void add(Set<String> parkings, @Nullable String parking) {
    if (parking != null && parkings.add(parking) && parkings.size() > MOST_PARKINGS) {
      parkings.remove(parkings.iterator().next());
    }
  }

  /** Where it and its steps stand, by its events. */
  private Tracked standing(Tracked saga, Declaration declaration, boolean late, Instant now) {
    Trace trace = new Trace(declaration);
    saga.seen().forEach(event -> trace.add(event.type()));
    if (saga.cancelled()) {
      trace.cancel();
    }
    Set<String> parked = new LinkedHashSet<>();
    for (String parking : saga.parkings()) {
      if (!saga.answered().contains(parking)) {
        parked.add(parking.substring(0, parking.lastIndexOf('/')));
      }
    }
    String status =
        switch (trace.status()) {
          case COMPLETED -> "completed";
          case COMPENSATED -> "compensated";
          case IN_FLIGHT -> inFlight(saga, declaration, late, now);
        };
    boolean refused = status.equals(Tracked.DEAD_LETTER) || status.equals(Tracked.IGNORED);
    boolean ended = refused || trace.status() != Trace.Status.IN_FLIGHT;
    long endedAt = refused ? now.toEpochMilli() : saga.changed();
    return new Tracked(
        saga.key(),
        saga.declaration(),
        saga.version(),
        status,
        saga.started(),
        saga.deadline(),
        saga.changed(),
        !ended ? 0 : saga.ended() > 0 ? saga.ended() : endedAt,
        saga.events(),
        saga.cancelled(),
        saga.seen(),
        saga.parkings(),
        saga.answered(),
        refused ? Map.of() : trace.steps(parked),
        saga.deadLetter());
  }

  private String inFlight(Tracked saga, Declaration declaration, boolean late, Instant now) {
    boolean hasBegun =
        saga.seen().stream()
            .anyMatch(event -> !event.type().equals(declaration.declared().getStart()));
    if (!saga.deadLetter().isEmpty() && !hasBegun) {
      return Tracked.DEAD_LETTER;
    }
    Instant horizon = known.horizon(now);
    if (saga.declaration().isEmpty()
        && horizon != null
        && saga.deadline() < horizon.toEpochMilli()) {
      return Tracked.IGNORED;
    }
    return late || saga.status().equals(Tracked.STUCK) ? Tracked.STUCK : Tracked.IN_FLIGHT;
  }

  private static Tracked refused(Tracked saga, TracedEvent event) {
    String reason = event.header(DeadLetterHeaders.REASON);
    return new Tracked(
        saga.key(),
        saga.declaration(),
        saga.version(),
        saga.status(),
        saga.started(),
        saga.deadline(),
        saga.changed(),
        saga.ended(),
        saga.events(),
        saga.cancelled(),
        saga.seen(),
        saga.parkings(),
        saga.answered(),
        saga.steps(),
        reason == null || reason.isEmpty() ? "its reason is not told" : reason);
  }

  private static Tracked withStatus(Tracked saga, String status) {
    return new Tracked(
        saga.key(),
        saga.declaration(),
        saga.version(),
        status,
        saga.started(),
        saga.deadline(),
        saga.changed(),
        saga.ended(),
        saga.events(),
        saga.cancelled(),
        saga.seen(),
        saga.parkings(),
        saga.answered(),
        saga.steps(),
        saga.deadLetter());
  }

  private static String topic(Class<? extends org.apache.avro.specific.SpecificRecord> command) {
    return EventType.of(command).topic();
  }
}
