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
   * together. Read committed. It holds other sagas too, and its connection is given to others
   * afterwards, so some things are refused with an {@link java.sql.SQLException}:
   *
   * <ul>
   *   <li>what ends the transaction: {@code commit}, {@code rollback}, {@code close}, {@code
   *       abort}, {@code COMMIT} and its like in SQL, also behind a comment or another statement;
   *   <li>what would outlast the call: {@code SET}, {@code RESET}, {@code DISCARD}, {@code
   *       PREPARE}, {@code LISTEN}, {@code set_config} unless its third argument is {@code true},
   *       and the setters of the connection;
   *   <li>savepoints that this call has not set, and {@code unwrap} to a class of the driver's.
   * </ul>
   *
   * <p>{@code SET LOCAL} and {@code set_config('...', ..., true)} count until the call ends. After
   * {@code SET CONSTRAINTS} the saga is done in a transaction of its own. Settings that a function
   * of the database changes, and locks of the session, are not seen: leave none behind.
   *
   * <p>Let {@link java.sql.SQLException}s of this connection through, or wrap them with their
   * cause: deadlocks, serialization failures, a lost connection and errors of the server are no
   * attempt, and the work is done again. What another connection or service throws is an attempt,
   * whatever its SQLSTATE.
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
