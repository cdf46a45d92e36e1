// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import dev.choreography.StepContext;
import java.sql.Connection;
import java.time.Instant;
import org.apache.avro.specific.SpecificRecord;

/** What a handler is given, without a framework around it. */
public record Saga(String sagaId, Connection connection) implements StepContext {

  @Override
  public int attempt() {
    return 1;
  }

  @Override
  public Instant deadline() {
    return Instant.parse("2027-01-01T00:00:00Z");
  }

  @Override
  public <E extends SpecificRecord> E event(Class<E> type) {
    throw new IllegalArgumentException("no join, so no " + type);
  }
}
