// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to one saga, for good: what a transaction did is told when it has
 * committed.
 *
 * @param time when
 * @param participant where; for a start the client, for a command the operator
 * @param kind what
 * @param subject the step that acted, the type of the event, or what the fault was
 * @param detail the outcome of an event, why a call failed; where there is more to say
 * @param attempt of a call, which one it was, from 1; otherwise 0
 * @param instance of the participant, from 1
 */
public record Happening(
    Instant time,
    String participant,
    Kind kind,
    String subject,
    @Nullable String detail,
    int attempt,
    int instance) {

  /** Something that happened where a participant has one instance. */
  public Happening(
      Instant time,
      String participant,
      Kind kind,
      String subject,
      @Nullable String detail,
      int attempt) {
    this(time, participant, kind, subject, detail, attempt, 1);
  }

  /** This one, lost with the database in which it was done. */
  Happening lost() {
    return new Happening(
        time,
        participant,
        Kind.LOST,
        subject,
        kind.name().toLowerCase(Locale.ROOT),
        attempt,
        instance);
  }

  /** Whether it is of a kind, or was before it was lost. */
  boolean was(Kind asked) {
    return kind == asked
        || (kind == Kind.LOST && asked.name().toLowerCase(Locale.ROOT).equals(detail));
  }

  /** What can happen. */
  public enum Kind {
    /** A client published the start event, or an operator a command. */
    ASKED,
    /** A participant read an event; it may be rolled back and read again. */
    HEARD,
    /** A handler did the step. */
    EXECUTED,
    /** A handler said no. */
    REJECTED,
    /** A handler undid the step. */
    COMPENSATED,
    /** A handler confirmed the step. */
    CONFIRMED,
    /** A handler failed technically, and that counted as an attempt. */
    FAILED,
    /** An event was committed, to be published. */
    EMITTED,
    /**
     * It had happened in a database of which an older state was restored: the detail tells what. An
     * event that was emitted may have been published.
     */
    LOST,
    /** The simulation did something to the participant. */
    FAULT
  }
}
