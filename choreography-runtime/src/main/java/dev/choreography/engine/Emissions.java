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

/** What the turn of one row emits: the events of its step, each with what led to it. */
final class Emissions {

  private final HostedStep hosted;
  private final String sagaId;
  private final Emitter emitter;
  private final List<OutboxEvent> events = new ArrayList<>();
  private Origin origin;
  private Instant deadline;

  /**
   * The event that a step acts on.
   *
   * @param id its {@code ce_id}
   * @param traceParent its trace context
   * @param received when it was read
   */
  record Origin(@Nullable String id, @Nullable String traceParent, @Nullable Instant received) {

    static Origin of(Delivery delivery) {
      return new Origin(delivery.id(), delivery.traceParent(), delivery.record().received());
    }

    private Emitter.Cause cause(Instant started) {
      return new Emitter.Cause(id, traceParent, received, started);
    }
  }

  Emissions(HostedStep hosted, JournalRow row, Emitter emitter) {
    this.hosted = hosted;
    this.sagaId = row.key().sagaId();
    this.emitter = emitter;
    this.origin = new Origin(row.causation(), row.traceParent(), row.received());
    this.deadline = row.deadline();
  }

  /** All of them, in order. */
  List<OutboxEvent> events() {
    return events;
  }

  Origin origin() {
    return origin;
  }

  /** From now on this led to what is emitted. */
  void ledBy(Origin event) {
    this.origin = event;
  }

  Instant deadline() {
    return deadline;
  }

  /** Adopts a bare start: the saga's deadline is fixed, and the start goes out as it came. */
  void adopt(Delivery start) {
    String topic = start.record().topic();
    Emitter.Cause cause =
        new Emitter.Cause(null, start.traceParent(), start.record().received(), null);
    events.add(
        new OutboxEvent(
            topic,
            sagaId,
            start.value(),
            emitter.headers(hosted.choreography(), topic, sagaId, deadline, null, cause)));
  }

  /** The saga's start tells its deadline. */
  void endsAt(Instant time) {
    this.deadline = time;
  }

  void add(OutboxEvent event) {
    events.add(event);
  }

  /**
   * The event that a handler returned; not yet emitted.
   *
   * @throws IllegalStateException if it is not an event of this saga and type
   */
  OutboxEvent returned(
      EventType type, SpecificRecord event, @Nullable String outcome, Instant started) {
    return emitter.event(
        hosted.choreography(), type, event, sagaId, deadline, outcome, origin.cause(started));
  }

  /** The step is not done. */
  void failed(String outcome, String reason, Instant started) {
    made(hosted.step().failed(), outcome, reason, started);
  }

  /** The step is undone without its handler. */
  void compensated(String outcome, String reason, Instant started) {
    made(compensatedType(hosted.step()), outcome, reason, started);
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
  void control(SpecificRecord event, int number, Instant started) {
    String topic = hosted.choreography().controlTopic();
    String type = EventType.of(event.getClass()).topic();
    Map<String, String> headers =
        emitter.headers(hosted.choreography(), type, sagaId, deadline, null, origin.cause(started));
    headers.merge(
        EventHeaders.ID, hosted.step().name() + "/" + number, (id, suffix) -> id + "/" + suffix);
    add(type, () -> new OutboxEvent(topic, sagaId, emitter.codec().encode(topic, event), headers));
  }

  private void made(EventType type, String outcome, String reason, Instant started) {
    add(type.topic(), () -> returned(type, Emitter.made(type, sagaId, reason), outcome, started));
  }

  private void add(String type, Supplier<OutboxEvent> event) {
    try {
      events.add(event.get());
    } catch (Trouble e) {
      throw e;
    } catch (RuntimeException e) {
      // No handler is to blame, and giving up would leave the saga half-way: the registry has to
      // accept what was declared.
      throw new Trouble("writing the %s of saga %s: %s".formatted(type, sagaId, e.getMessage()), e);
    }
  }
}
