// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.protocol.Heard;
import dev.choreography.protocol.State;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One step of one saga: inbox, fence and compensation log in one.
 *
 * @param key what it is about
 * @param version of the choreography the saga runs under
 * @param state where the step stands
 * @param heard the events heard so far
 * @param deadline when the saga's time is up
 * @param due when what failed or met trouble is to be tried again, by the journal's own time
 * @param attempt failed attempts of what is being retried
 * @param parked how often the step was parked
 * @param error the last technical error
 * @param result the <i>completed</i> event in wire format, until the step has ended; of a step that
 *     none follows also when it is confirmed
 * @param inputs the predecessors' events in wire format by topic, until the step has run
 * @param digest of the start event's payload, where the step follows the start
 * @param causation the id of the event the step waits to act on
 * @param traceParent the trace contexts that the step continues, the latest first, one a line
 * @param received when that event was read, while the step is set aside
 */
public record JournalRow(
    RowKey key,
    int version,
    State state,
    Heard heard,
    Instant deadline,
    @Nullable Instant due,
    int attempt,
    int parked,
    @Nullable String error,
    byte @Nullable [] result,
    Map<String, byte[]> inputs,
    byte @Nullable [] digest,
    @Nullable String causation,
    @Nullable String traceParent,
    @Nullable Instant received) {

  /** Whether nothing was ever heard of it. */
  boolean isFresh() {
    return state == State.NONE && heard.isEmpty() && digest == null;
  }

  /** Returns the same row with another due time. */
  JournalRow dueAt(Instant time) {
    return new JournalRow(
        key,
        version,
        state,
        heard,
        deadline,
        time,
        attempt,
        parked,
        error,
        result,
        inputs,
        digest,
        causation,
        traceParent,
        received);
  }

  /** A row of which nothing was heard. */
  public static JournalRow fresh(RowKey key, int version, Instant deadline) {
    return new JournalRow(
        key,
        version,
        State.NONE,
        Heard.NOTHING,
        deadline,
        null,
        0,
        0,
        null,
        null,
        Map.of(),
        null,
        null,
        null,
        null);
  }

  /** This row, of which nothing was heard, with the later of two deadlines. */
  JournalRow withLaterDeadline(JournalRow other) {
    return deadline.isBefore(other.deadline) ? fresh(key, version, other.deadline) : this;
  }
}
