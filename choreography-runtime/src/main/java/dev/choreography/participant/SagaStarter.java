// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import java.sql.Connection;
import java.sql.SQLException;
import org.apache.avro.specific.SpecificRecord;

/** Starts sagas in the caller's own transaction. */
public interface SagaStarter {
  /** Joins the caller's transaction. */
  Started start(Connection connection, SpecificRecord startEvent) throws SQLException;

  /** A saga that starts when the caller's transaction commits. */
  interface Started {
    String sagaId();

    /** Publishes at once; to be called after the commit. */
    void publish();
  }
}
