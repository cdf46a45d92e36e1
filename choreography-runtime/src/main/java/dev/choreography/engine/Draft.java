// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.protocol.Heard;
import dev.choreography.protocol.Protocol;
import dev.choreography.protocol.Signal;
import dev.choreography.protocol.State;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A journal row as its turn changes it. */
final class Draft {

  private final JournalRow row;
  private final HostedStep hosted;
  State state;
  Heard heard;
  @Nullable Instant due;
  int attempt;
  int parked;
  @Nullable String error;
  byte @Nullable [] result;
  byte @Nullable [] digest;

  /** How long the step is set aside for from now on, null if it was not. */
  @Nullable Duration pause;

  /**
   * A row that has not changed yet.
   *
   * @param hosted the step that it is about
   */
  Draft(JournalRow row, HostedStep hosted) {
    this.row = row;
    this.hosted = hosted;
    this.state = row.state();
    this.heard = row.heard();
    this.due = row.due();
    this.attempt = row.attempt();
    this.parked = row.parked();
    this.error = row.error();
    this.result = row.result();
    this.digest = row.digest();
  }

  /** The row as it came. */
  JournalRow row() {
    return row;
  }

  String sagaId() {
    return row.key().sagaId();
  }

  /** Its state, as it is told. */
  String outcome() {
    return state.name().toLowerCase(Locale.ROOT);
  }

  boolean isSetAside() {
    return switch (state) {
      case RETRYING, COMPENSATING, CONFIRMING, PARKED -> true;
      default -> false;
    };
  }

  /** Returns a draft of the same row that stays as this one is now. */
  Draft copy() {
    Draft copy = new Draft(row, hosted);
    copy.become(this);
    return copy;
  }

  /** Makes it what another draft of the row is. */
  void become(Draft other) {
    state = other.state;
    heard = other.heard;
    due = other.due;
    attempt = other.attempt;
    parked = other.parked;
    error = other.error;
    result = other.result;
    digest = other.digest;
    pause = other.pause;
  }

  /** Puts the step back to where the protocol decides on it. */
  void takeUp() {
    state = state == State.RETRYING ? State.WAITING : State.COMPLETED;
    due = null;
  }

  /**
   * The step has ended. The completed event of a confirmed sink stays, as {@link Protocol#says};
   * nobody needs that of another step any more.
   */
  void ends(State end) {
    state = end;
    due = null;
    attempt = 0;
    if (!saysCompleted()) {
      result = null;
    }
  }

  private boolean saysCompleted() {
    int step = hosted.index();
    return Protocol.says(hosted.choreography().graph(), step, state, heard)
        .contains(Signal.completed(step));
  }

  void setAside(State aside, Duration pausing, Instant now) {
    state = aside;
    pause = pausing;
    due = now.plus(pausing);
  }

  void parks() {
    state = State.PARKED;
    due = null;
    attempt = 0;
    parked++;
  }

  /** A row that is left without anything heard was made for a command that means nothing here. */
  boolean hasChanged() {
    return state == State.NONE
        || state != row.state()
        || !heard.equals(row.heard())
        || attempt != row.attempt()
        || !Objects.equals(due, row.due())
        || parked != row.parked()
        || !Arrays.equals(digest, row.digest());
  }

  /** The row as it is to be written. */
  JournalRow after(Map<String, byte[]> inputs, Emissions.Origin origin, Instant deadline) {
    boolean waits = state.hasNotRun();
    boolean remembers = waits || isSetAside();
    // What has been done may be undone by itself, at the deadline.
    boolean continues = remembers || state == State.COMPLETED;
    return new JournalRow(
        row.key(),
        row.version(),
        state,
        heard,
        deadline,
        due,
        attempt,
        parked,
        error,
        result,
        waits ? inputs : Map.of(),
        digest,
        remembers ? origin.id() : null,
        continues ? origin.traceParent() : null,
        isSetAside() ? origin.received() : null);
  }
}
