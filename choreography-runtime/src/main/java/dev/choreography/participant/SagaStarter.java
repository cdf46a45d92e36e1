// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.apache.avro.specific.SpecificRecord;

/**
 * Starts sagas of one choreography in transactions of the caller's, so that a saga starts exactly
 * when what it follows from is committed. Safe for use by several threads.
 */
public interface SagaStarter {

  /**
   * Adds the start event to the outbox in the caller's transaction; the saga has the choreography's
   * deadline. Nothing is published before the commit, nor ever after a rollback.
   *
   * @param connection of the participant's database, with auto-commit off
   * @param start the choreography's start event; its {@code saga_id} names the saga. The same id
   *     with the same payload starts the same saga once; with another payload it is a conflict
   * @throws IllegalArgumentException if it is another event, its saga id is empty or longer than
   *     1,000 bytes, the connection is in no transaction, or the event is too large for its topic
   * @throws RuntimeException also if the event cannot be written, because the schema registry is
   *     away or refuses its schema; the caller's transaction can go on
   * @throws SQLException if the database refuses; the caller's transaction is then over
   */
  Started start(Connection connection, SpecificRecord start) throws SQLException;

  /**
   * Likewise, with a deadline of its own.
   *
   * @param deadline from now on; positive, and at most the choreography's, by which retention is
   *     planned
   * @throws IllegalArgumentException also if the deadline is outside that range
   */
  Started start(Connection connection, SpecificRecord start, Duration deadline) throws SQLException;

  /** A saga that starts with the caller's commit. */
  interface Started {

    /** The saga's id. */
    String sagaId();

    /**
     * Publishes the start event at once, without waiting; to be called after the commit. Without
     * it, or if it fails, the event is found in the outbox and published some seconds later.
     */
    void publish();
  }
}
