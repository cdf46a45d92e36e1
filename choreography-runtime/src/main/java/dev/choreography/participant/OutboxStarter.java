// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import dev.choreography.Choreography;
import dev.choreography.engine.Emitter;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Published;
import dev.choreography.engine.Relay;
import dev.choreography.engine.SagaId;
import dev.choreography.jdbc.JdbcJournal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

record OutboxStarter(Choreography choreography, Emitter emitter, Relay relay, Published published)
    implements SagaStarter {

  @Override
  public Started start(Connection connection, SpecificRecord start) throws SQLException {
    String sagaId = String.valueOf(start.get(0));
    String unusable = SagaId.problem(sagaId);
    if (unusable != null) {
      throw new IllegalArgumentException(unusable);
    }
    if (connection.getAutoCommit()) {
      throw new IllegalArgumentException(
          "saga %s: the connection is in auto-commit, so there is no transaction to join; call setAutoCommit(false) first"
              .formatted(sagaId));
    }
    if (!choreography.start().type().isInstance(start)) {
      throw new IllegalArgumentException(
          "saga %s: %s is started by %s, not by %s"
              .formatted(
                  sagaId, choreography.name(), choreography.start(), start.getSchema().getName()));
    }
    OutboxEvent event =
        emitter.event(
            choreography,
            choreography.start(),
            start,
            sagaId,
            emitter.clock().instant().plus(choreography.deadline()),
            null,
            Emitter.Cause.NONE);
    OutboxRow row = JdbcJournal.append(connection, event);
    return new Started() {
      @Override
      public String sagaId() {
        return sagaId;
      }

      @Override
      public void publish() {
        relay.publish(List.of(row), published::add);
      }
    };
  }
}
