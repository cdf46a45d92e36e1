// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import dev.choreography.StepContext;
import java.sql.Connection;
import java.time.Instant;
import java.util.Collection;
import org.apache.avro.specific.SpecificRecord;

record JdbcStepContext(
    HandlerAttempts attempts,
    String sagaId,
    int attempt,
    Instant deadline,
    Collection<SpecificRecord> predecessors)
    implements StepContext {

  @Override
  public Connection connection() {
    return attempts.connection();
  }

  @Override
  public <E extends SpecificRecord> E event(Class<E> type) {
    return predecessors.stream()
        .filter(type::isInstance)
        .map(type::cast)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "the step follows no %s".formatted(type.getSimpleName())));
  }
}
