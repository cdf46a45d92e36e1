// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import java.time.Instant;
import java.util.Arrays;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * An event for one hosted step.
 *
 * @param to the step that hears it
 * @param sagaId the saga
 * @param signal what the protocol hears; null for an operator's command, which is the event
 * @param event the decoded record
 * @param value the record's bytes
 * @param deadline of the saga
 * @param bare a start that no participant has adopted yet; nobody acts on it, one adopts it
 * @param record where it was read
 */
record Delivery(
    HostedStep to,
    String sagaId,
    @Nullable Signal signal,
    SpecificRecord event,
    byte[] value,
    Instant deadline,
    boolean bare,
    Incoming record) {

  /** Magic byte and schema id, which differ where the same payload is written once more. */
  private static final int WIRE_PREFIX = 5;

  /** What of others is passed on must leave room for the event, in characters. */
  private static final int LONGEST_HEADER = 1_200;

  /** The same, with an event of its own. */
  Delivery readAgain(EventCodec codec) {
    try {
      SpecificRecord again = codec.decode(record.topic(), value);
      return new Delivery(to, sagaId, signal, again, value, deadline, bare, record);
    } catch (EventCodec.UnreadableException e) {
      throw new Trouble("reading %s again: %s".formatted(record, e.getMessage()), e);
    }
  }

  /** It belongs to another version than that in which its saga has begun here. */
  DeadLetter conflictsWith(JournalRow row) {
    return new DeadLetter(
        record,
        "conflict: saga %s has begun here under version %s of %s, the event is of version %s"
            .formatted(
                sagaId, row.version(), row.key().choreography(), to.choreography().version()));
  }

  /** It is a bare start of a saga that no topic could hold an event of any more. */
  DeadLetter outOfTime() {
    return new DeadLetter(
        record,
        "the record's timestamp %s is so long ago that saga %s, which would have had until %s, may have ended and been forgotten; if it never ran, because a clock was wrong or the time is not in milliseconds, replay it: it begins with the time of the replay"
            .formatted(record.timestamp(), sagaId, deadline));
  }

  RowKey key() {
    return to.key(sagaId);
  }

  /**
   * Whether nothing was heard of the row before, if the events came in their order: the step
   * follows this event alone, and it is not a start that was adopted here, which made the row.
   *
   * @param participant whose row it is
   */
  boolean isLikelyFirst(String participant) {
    return signal != null
        && to.step().after().size() == 1
        && (signal.kind() == Signal.Kind.STARTED
            ? bare || !participant.equals(record.header(EventHeaders.SOURCE))
            : signal.kind() == Signal.Kind.COMPLETED
                && to.step().after().get(0).topic().equals(record.topic()));
  }

  byte[] payload() {
    return Arrays.copyOfRange(value, WIRE_PREFIX, value.length);
  }

  /** The event's own, which for commands tells more than its type. */
  String id() {
    String id = record.header(EventHeaders.ID);
    return id == null || id.length() > LONGEST_HEADER
        ? EventHeaders.id(sagaId, record.topic())
        : id;
  }

  /** Its trace context, see {@link Tracing}. */
  @Nullable String context() {
    String parent = record.header(EventHeaders.TRACE_PARENT);
    if (parent == null || parent.length() > LONGEST_HEADER) {
      return null;
    }
    String state = record.header(EventHeaders.TRACE_STATE);
    return state == null || parent.length() + state.length() > LONGEST_HEADER
        ? parent
        : parent + Tracing.STATE + state;
  }
}
