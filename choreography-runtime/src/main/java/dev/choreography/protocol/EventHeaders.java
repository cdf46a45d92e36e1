// SPDX-License-Identifier: Apache-2.0
package dev.choreography.protocol;

/**
 * The names of an event's record headers: CloudEvents' Kafka binding in binary mode, with the
 * protocol's own extensions. Values are UTF-8 text; times are ISO-8601 in UTC.
 */
public final class EventHeaders {

  /** CloudEvents' version, {@code 1.0}. */
  public static final String SPEC_VERSION = "ce_specversion";

  /** {@code <saga id>/<event type>}. */
  public static final String ID = "ce_id";

  /** The event type, which is the topic's name; on a control topic the command's. */
  public static final String TYPE = "ce_type";

  /** The participant that emitted the event. */
  public static final String SOURCE = "ce_source";

  /** The saga's id. */
  public static final String SUBJECT = "ce_subject";

  /** When the handler ended. */
  public static final String TIME = "ce_time";

  /** The {@link #ID} of the event that led to this one. */
  public static final String CAUSATION = "ce_causationid";

  /** {@code name:version:fingerprint} of the choreography; a start without it is bare. */
  public static final String CHOREOGRAPHY = "ce_choreography";

  /** When the saga's time is up. */
  public static final String DEADLINE = "ce_deadline";

  /**
   * Why: {@code rejected}, {@code exhausted}, {@code deadline}, {@code cancelled} on <i>failed</i>;
   * {@code compensated}, {@code skipped}, {@code resolved} on <i>compensated</i>; {@code repaired}
   * on whatever a repair has published again.
   */
  public static final String OUTCOME = "ce_outcome";

  /** When the cause was read. */
  public static final String RECEIVED = "ce_received";

  /** When the handling of the cause began. */
  public static final String STARTED = "ce_started";

  /** W3C trace context: that of the emitting participant's own span, or as it came. */
  public static final String TRACE_PARENT = "traceparent";

  /** What goes with {@link #TRACE_PARENT}, if it came with it: what tracing systems say of it. */
  public static final String TRACE_STATE = "tracestate";

  private EventHeaders() {}

  /** The value of {@link #ID}. */
  public static String id(String sagaId, String eventType) {
    return sagaId + "/" + eventType;
  }
}
