// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import java.sql.Connection;
import java.time.Instant;
import org.apache.avro.specific.SpecificRecord;

/** What a handler may know beside the event it is called with. Valid during the call alone. */
public interface StepContext {

  /** The saga's id, the record key of all its events. */
  String sagaId();

  /**
   * The database transaction in which the handler's writes, the journal and the next event commit
   * together. Read committed. {@code commit}, {@code rollback}, {@code close} and {@code
   * setAutoCommit} are refused: the transaction holds other sagas too.
   *
   * <p>Let {@link java.sql.SQLException}s of deadlocks, serialization and lost connections through:
   * they are no attempt, and the work is done again.
   */
  Connection connection();

  /** Which try this is, counted from 1. */
  int attempt();

  /** When the saga's time is up; no step begins after it. */
  Instant deadline();

  /**
   * The event of another predecessor of a step that follows several.
   *
   * @throws IllegalArgumentException if the step follows no event of that type
   */
  <E extends SpecificRecord> E event(Class<E> type);
}
