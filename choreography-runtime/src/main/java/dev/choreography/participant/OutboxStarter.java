// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import dev.choreography.Choreography;
import dev.choreography.engine.Emitter;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.OutboxRow;
import dev.choreography.engine.Published;
import dev.choreography.engine.Relay;
import dev.choreography.engine.SagaId;
import dev.choreography.engine.Tracing;
import dev.choreography.jdbc.JdbcJournal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

record OutboxStarter(Choreography choreography, Emitter emitter, Relay relay, Published published)
    implements SagaStarter {

  @Override
  public Started start(Connection connection, SpecificRecord start) throws SQLException {
    return start(connection, start, choreography.deadline());
  }

  @Override
  public Started start(Connection connection, SpecificRecord start, Duration deadline)
      throws SQLException {
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
    if (deadline.compareTo(Duration.ZERO) <= 0 || deadline.compareTo(choreography.deadline()) > 0) {
      throw new IllegalArgumentException(
          "saga %s: the deadline %s is not positive, or longer than the %s that %s declares"
              .formatted(sagaId, deadline, choreography.deadline(), choreography.name()));
    }
    Instant now = emitter.clock().instant();
    Tracing.Traced span = emitter.tracing().start(choreography, sagaId, now);
    OutboxEvent event =
        emitter.event(
            choreography,
            choreography.start(),
            start,
            sagaId,
            JdbcJournal.now(connection).plus(deadline),
            null,
            Emitter.Cause.ofStart(span.context()));
    OutboxRow row = JdbcJournal.append(connection, event);
    Tracing.End end =
        new Tracing.End(choreography.start().topic(), "started", null, emitter.clock().instant());
    return new Started() {
      @Override
      public String sagaId() {
        return sagaId;
      }

      @Override
      public void publish() {
        span.end(end);
        relay.publish(List.of(row), published::add);
      }
    };
  }
}
