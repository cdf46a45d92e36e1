// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.protocol.EventHeaders;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes the outbox event of what a step emits: bytes, key and headers.
 *
 * @param participant the name that goes into {@link EventHeaders#SOURCE}
 * @param codec writes the value
 * @param clock tells when the handler ended
 * @param tracing joins what steps do to traces
 */
public record Emitter(String participant, EventCodec codec, Clock clock, Tracing tracing) {

  /** Reasons quote errors and operators, whose words may be as long as a record. */
  private static final int LONGEST_REASON = 1_200;

  /** One that passes trace contexts on as they came. */
  public Emitter(String participant, EventCodec codec, Clock clock) {
    this(participant, codec, clock, Tracing.PASSED_ON);
  }

  /**
   * What led to an event.
   *
   * @param id of the event that did, null where none did
   * @param context of its trace, which the event carries
   * @param received when the cause was read
   * @param started when its handling began
   */
  public record Cause(
      @Nullable String id,
      @Nullable String context,
      @Nullable Instant received,
      @Nullable Instant started) {

    /** No event led to it: a saga's start. */
    public static final Cause NONE = new Cause(null, null, null, null);

    /** None did, and a trace goes on with it. */
    public static Cause ofStart(@Nullable String context) {
      return new Cause(null, context, null, null);
    }
  }

  /**
   * The outbox event of a record that a handler returned or the framework made.
   *
   * @throws IllegalStateException if it is not an event of this saga and type
   * @throws IllegalArgumentException if it is too large to be published
   */
  public OutboxEvent event(
      Choreography choreography,
      EventType type,
      SpecificRecord event,
      String sagaId,
      Instant deadline,
      @Nullable String outcome,
      Cause cause) {
    if (!type.type().isInstance(event)) {
      throw new IllegalStateException(
          "saga %s: %s was returned where %s was expected"
              .formatted(sagaId, event.getClass().getName(), type.type().getName()));
    }
    if (!sagaId.equals(String.valueOf(event.get(0)))) {
      throw new IllegalStateException(
          "saga %s: the returned %s has saga_id %s".formatted(sagaId, type, event.get(0)));
    }
    byte[] value = codec.encode(type.topic(), event);
    return sized(
        new OutboxEvent(
            type.topic(),
            sagaId,
            value,
            headers(choreography, type.topic(), sagaId, deadline, outcome, cause)));
  }

  /**
   * The event, if it can be published.
   *
   * @throws IllegalArgumentException if it is too large
   */
  OutboxEvent sized(OutboxEvent event) {
    String tooLarge = codec.tooLarge(event);
    if (tooLarge != null) {
      throw new IllegalArgumentException(tooLarge);
    }
    return event;
  }

  /** A <i>failed</i> or <i>compensated</i> event that no handler has filled in. */
  public static SpecificRecord made(EventType type, String sagaId, String reason) {
    SpecificData model = SpecificData.getForClass(type.type());
    SpecificRecord event = (SpecificRecord) SpecificData.newInstance(type.type(), type.schema());
    for (Schema.Field field : type.schema().getFields()) {
      event.put(
          field.pos(),
          switch (field.name()) {
            case "saga_id" -> sagaId;
            case "reason" -> shortened(reason);
            default -> model.deepCopy(field.schema(), model.getDefaultValue(field));
          });
    }
    return event;
  }

  private static String shortened(String reason) {
    return reason.length() <= LONGEST_REASON ? reason : reason.substring(0, LONGEST_REASON) + "...";
  }

  /** The headers of an event. */
  public Map<String, String> headers(
      Choreography choreography,
      String type,
      String sagaId,
      Instant deadline,
      @Nullable String outcome,
      Cause cause) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(EventHeaders.SPEC_VERSION, "1.0");
    headers.put(EventHeaders.ID, EventHeaders.id(sagaId, type));
    headers.put(EventHeaders.TYPE, type);
    headers.put(EventHeaders.SOURCE, participant);
    headers.put(EventHeaders.SUBJECT, sagaId);
    headers.put(EventHeaders.TIME, HeaderTime.format(clock.instant()));
    headers.put(EventHeaders.CHOREOGRAPHY, choreography.id());
    headers.put(EventHeaders.DEADLINE, HeaderTime.format(deadline));
    putIfPresent(headers, EventHeaders.CAUSATION, cause.id());
    putIfPresent(headers, EventHeaders.OUTCOME, outcome);
    putIfPresent(headers, EventHeaders.RECEIVED, text(cause.received()));
    putIfPresent(headers, EventHeaders.STARTED, text(cause.started()));
    if (cause.context() != null) {
      putContext(headers, cause.context());
    }
    return headers;
  }

  private static void putContext(Map<String, String> headers, String context) {
    int state = context.indexOf(Tracing.STATE);
    headers.put(EventHeaders.TRACE_PARENT, state < 0 ? context : context.substring(0, state));
    if (state >= 0) {
      headers.put(EventHeaders.TRACE_STATE, context.substring(state + 1));
    }
  }

  private static void putIfPresent(
      Map<String, String> headers, String name, @Nullable String value) {
    if (value != null) {
      headers.put(name, value);
    }
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : HeaderTime.format(time);
  }
}
