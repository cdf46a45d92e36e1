// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * One local transaction and its compensation, owned by one participant.
 *
 * @param name unique in the choreography
 * @param owner the participant that hosts it
 * @param after the events it follows: the start event, or <i>completed</i> events of other steps
 * @param completed emitted when it was done
 * @param failed emitted when it was not done
 * @param compensated emitted when it was undone or skipped; absent for a step that can never be
 *     told to undo
 */
public record Step(
    String name,
    String owner,
    List<EventType> after,
    EventType completed,
    EventType failed,
    @Nullable EventType compensated) {

  /** The step's declaration, as far as it has come. Every problem is told by {@code build()}. */
  public static final class Declaration {
    final String name;
    @Nullable String owner;
    final List<EventType> after = new ArrayList<>();
    @Nullable EventType completed;
    @Nullable EventType failed;
    @Nullable EventType compensated;

    Declaration(String name) {
      this.name = name;
    }

    /** The participant that hosts the step. */
    public Declaration ownedBy(String participant) {
      this.owner = participant;
      return this;
    }

    /** The events that must all have arrived: the start event alone, or <i>completed</i> events. */
    @SafeVarargs
    public final Declaration after(Class<? extends SpecificRecord>... events) {
      for (Class<? extends SpecificRecord> event : events) {
        after.add(EventType.of(event));
      }
      return this;
    }

    /** What the step emits when it was done; it carries forward what later steps need. */
    public Declaration completes(Class<? extends SpecificRecord> event) {
      this.completed = EventType.of(event);
      return this;
    }

    /**
     * What the step emits when it was not done. The framework emits it too, so it consists of
     * {@code saga_id}, {@code reason} and fields with defaults.
     */
    public Declaration fails(Class<? extends SpecificRecord> event) {
      this.failed = EventType.of(event);
      return this;
    }

    /**
     * What the step emits when it was undone or skipped; of the same form as {@link #fails}.
     * Required unless the step has neither a successor nor a parallel step, and refused then.
     */
    public Declaration compensates(Class<? extends SpecificRecord> event) {
      this.compensated = EventType.of(event);
      return this;
    }
  }
}
