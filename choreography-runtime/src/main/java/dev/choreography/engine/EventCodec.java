// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** Bytes of a topic to events and back. Used by several threads. */
public interface EventCodec {

  /**
   * Reads an event.
   *
   * @throws UnreadableException if these bytes can never be read as an event
   * @throws Trouble if what is needed to tell is away
   */
  SpecificRecord decode(String topic, byte[] value) throws UnreadableException;

  /**
   * Writes an event; its schema is registered when this returns.
   *
   * @throws RuntimeException if this event cannot be written
   * @throws UnwritableEventException if no event of its type can be written at the moment
   * @throws Trouble if what is needed is away
   */
  byte[] encode(String topic, SpecificRecord event);

  /** The reason why an event is too large to be published, or null if it is not. */
  default @Nullable String tooLarge(OutboxEvent event) {
    return null;
  }

  /** The reason why events of some type cannot be written at the moment, or null. */
  default @Nullable String trouble() {
    return null;
  }

  /** Finds out whether what could not be written, or was too large, can be written now. */
  default void retry() {
    // nothing is known to have failed
  }

  /** These bytes are no event; the message says why. */
  final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Says what was found and expected. */
    public UnreadableException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
