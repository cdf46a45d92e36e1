// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import org.apache.avro.specific.SpecificRecord;

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
   * @throws RuntimeException if the event cannot be written, or is larger than a record may be
   * @throws Trouble if what is needed is away
   */
  byte[] encode(String topic, SpecificRecord event);

  /** These bytes are no event; the message says why. */
  final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Says what was found and expected. */
    public UnreadableException(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
