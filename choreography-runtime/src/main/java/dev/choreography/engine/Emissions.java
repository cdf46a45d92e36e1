// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.EventType;
import dev.choreography.Step;
import dev.choreography.protocol.EventHeaders;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * What the turn of one row does and emits: the events of its step, each with what led to it and the
 * trace that it continues.
 */
final class Emissions {

  private static final int LONGEST_WORDS = 1_000;

  private final HostedStep hosted;
  private final String sagaId;
  private final Emitter emitter;
  private final List<OutboxEvent> events = new ArrayList<>();
  private final List<Done> done = new ArrayList<>(1);
  private Origin origin;
  private Instant deadline;

  /**
   * The event that a step acts on.
   *
   * @param id its {@code ce_id}
   * @param contexts its trace context, if it has one, then those of what was heard before
   * @param received when it was read
   */
  record Origin(@Nullable String id, List<String> contexts, @Nullable Instant received) {

    /** No trace context has it within. */
    private static final String SEPARATOR = "\n";

    private static Origin of(JournalRow row) {
      String contexts = row.traceParent();
      return new Origin(
          row.causation(),
          contexts == null ? List.of() : List.of(contexts.split(SEPARATOR)),
          row.received());
    }

    /** As the journal keeps them. */
    @Nullable String traceParent() {
      return contexts.isEmpty() ? null : String.join(SEPARATOR, contexts);
    }

    private Origin followedBy(Delivery delivery) {
      return new Origin(delivery.id(), contextsWith(delivery), delivery.record().received());
    }

    private List<String> contextsWith(Delivery delivery) {
      String context = delivery.context();
      if (context == null || contexts.contains(context)) {
        return contexts;
      }
      List<String> all = new ArrayList<>(contexts.size() + 1);
      all.add(context);
      all.addAll(contexts);
      return all;
    }

    private Origin continuedBy(Tracing.Traced span) {
      String context = span.context();
      return new Origin(id, context == null ? List.of() : List.of(context), received);
    }

    private Emitter.Cause cause(Tracing.Traced span) {
      return new Emitter.Cause(id, span.context(), received, span.started());
    }
  }

  /**
   * What the step has done.
   *
   * @param span of it
   * @param cause the id of the event that it acted on, null where there is none
   * @param end what came of it
   */
  record Done(Tracing.Traced span, @Nullable String cause, Tracing.End end) {
    /** The event that it was about: the one it emitted, or else the one it acted on. */
    @Nullable String event() {
      return end.event() == null ? cause : end.event();
    }
  }

  Emissions(HostedStep hosted, JournalRow row, Emitter emitter) {
    this.hosted = hosted;
    this.sagaId = row.key().sagaId();
    this.emitter = emitter;
    this.origin = Origin.of(row);
    this.deadline = row.deadline();
  }

  /** All of them, in order. */
  List<OutboxEvent> events() {
    return events;
  }

  /** All that was done, in order. */
  List<Done> done() {
    return done;
  }

  Origin origin() {
    return origin;
  }

  /** From now on this led to what is emitted. */
  void ledBy(Origin event) {
    this.origin = event;
  }

  /** From now on this event led to what is emitted. */
  void ledBy(Delivery delivery) {
    this.origin = origin.followedBy(delivery);
  }

  /** The step begins to do something. */
  Tracing.Traced begin(String what) {
    return emitter
        .tracing()
        .begin(
            new Tracing.Beginning(
                hosted, sagaId, what, origin.id(), origin.contexts(), emitter.clock().instant()));
  }

  /** Makes a call of a batch handler for several rows of the step that have begun the same. */
  boolean together(String what, List<Tracing.Traced> begun, Journal.Attempt call) throws Exception {
    return emitter.tracing().together(hosted, what, begun, call);
  }

  /** The step has done it, without an event: what it does next continues that. */
  void did(Tracing.Traced span, String outcome) {
    did(span, null, outcome, null);
    origin = origin.continuedBy(span);
  }

  /** The step is set aside: when it is taken up, it continues what it was to continue now. */
  void setAside(Tracing.Traced span, String outcome, @Nullable String error) {
    did(span, null, outcome, error);
  }

  private void did(
      Tracing.Traced span, @Nullable String event, String outcome, @Nullable String error) {
    done.add(
        new Done(
            span, origin.id(), new Tracing.End(event, outcome, error, emitter.clock().instant())));
  }

  Instant deadline() {
    return deadline;
  }

  /**
   * Adopts a bare start: the saga's deadline is fixed, and the start goes out as it came.
   *
   * @return the reason why it cannot be published again, or null if it goes out: a client that
   *     compressed it may have sent a larger one than is sent from here
   */
  @Nullable String adopt(Delivery start, Instant endsAt) {
    String topic = start.record().topic();
    Origin before = origin;
    Instant until = deadline;
    deadline = endsAt;
    origin = new Origin(origin.id(), origin.contextsWith(start), origin.received());
    Tracing.Traced span = begin("adopt");
    Emitter.Cause cause = new Emitter.Cause(null, span.context(), start.record().received(), null);
    OutboxEvent event =
        new OutboxEvent(
            topic,
            sagaId,
            start.value(),
            emitter.headers(hosted.choreography(), topic, sagaId, deadline, null, cause));
    String tooLarge = emitter.codec().tooLarge(event);
    if (tooLarge != null) {
      origin = before;
      deadline = until;
      return tooLarge;
    }
    events.add(event);
    did(span, topic, "adopted", null);
    origin = origin.continuedBy(span);
    return null;
  }

  /** The saga's start tells its deadline. */
  void endsAt(Instant time) {
    this.deadline = time;
  }

  /** The step has done it, and emits what came of it: what it does next continues that. */
  void emit(OutboxEvent event, Tracing.Traced span, String outcome, @Nullable String error) {
    events.add(event);
    did(span, event.headers().get(EventHeaders.TYPE), outcome, error);
    origin = origin.continuedBy(span);
  }

  /**
   * The event that a handler returned; not yet emitted.
   *
   * @throws IllegalStateException if it is not an event of this saga and type
   */
  OutboxEvent returned(
      EventType type, SpecificRecord event, @Nullable String outcome, Tracing.Traced span) {
    return emitter.event(
        hosted.choreography(), type, event, sagaId, deadline, outcome, origin.cause(span));
  }

  /** The step is not done. */
  void failed(String outcome, String reason, @Nullable String error, Tracing.Traced span) {
    made(hosted.step().failed(), outcome, reason, error, span);
  }

  /** The step is undone without its handler. */
  void compensated(String outcome, String reason, Tracing.Traced span) {
    made(compensatedType(hosted.step()), outcome, reason, null, span);
  }

  static EventType compensatedType(Step step) {
    EventType compensated = step.compensated();
    if (compensated == null) {
      throw new IllegalStateException("step %s cannot be undone".formatted(step.name()));
    }
    return compensated;
  }

  /**
   * An event for the control topic.
   *
   * @param number tells it from others of its step and type, which unlike other events may be many
   */
  void control(
      SpecificRecord event,
      int number,
      String outcome,
      @Nullable String error,
      Tracing.Traced span) {
    String topic = hosted.choreography().controlTopic();
    String type = EventType.of(event.getClass()).topic();
    Map<String, String> headers =
        emitter.headers(hosted.choreography(), type, sagaId, deadline, null, origin.cause(span));
    headers.merge(
        EventHeaders.ID, hosted.step().name() + "/" + number, (id, suffix) -> id + "/" + suffix);
    emit(
        written(
            type,
            () ->
                emitter.sized(
                    new OutboxEvent(topic, sagaId, emitter.codec().encode(topic, event), headers))),
        span,
        outcome,
        error);
  }

  /** The step's <i>completed</i> event once more, as the journal keeps it. */
  void again(EventType type, byte[] value, Tracing.Traced span) {
    emit(
        new OutboxEvent(
            type.topic(),
            sagaId,
            value,
            emitter.headers(
                hosted.choreography(),
                type.topic(),
                sagaId,
                deadline,
                Republication.REPAIRED,
                origin.cause(span))),
        span,
        Republication.REPAIRED,
        null);
  }

  /** An operator's words, of which an event repeats no more than its topic surely takes. */
  static String shortened(String words) {
    return words.length() <= LONGEST_WORDS ? words : words.substring(0, LONGEST_WORDS) + "...";
  }

  private void made(
      EventType type, String outcome, String reason, @Nullable String error, Tracing.Traced span) {
    emit(
        written(
            type.topic(), () -> returned(type, Emitter.made(type, sagaId, reason), outcome, span)),
        span,
        outcome,
        error);
  }

  private OutboxEvent written(String type, Supplier<OutboxEvent> event) {
    try {
      return event.get();
    } catch (Trouble e) {
      throw e;
    } catch (RuntimeException e) {
      // No handler is to blame, and giving up would leave the saga half-way: the registry has to
      // accept what was declared.
      throw new UnwritableEventException(
          "writing the %s of saga %s: %s".formatted(type, sagaId, e.getMessage()), e);
    }
  }
}
