// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import dev.choreography.Choreography;
import dev.choreography.StepHandler;
import java.time.Clock;
import java.util.Properties;
import javax.sql.DataSource;

/**
 * A service that hosts steps of choreographies, from {@link Builder#start()} to {@link #close()}.
 */
@SuppressWarnings({"UnusedVariable", "DoNotCallSuggester"})
public final class Participant implements AutoCloseable {

  private Participant() {}

  /** Begins the description of a participant. */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /** How it is. */
  public Health health() {
    throw new UnsupportedOperationException();
  }

  /** Starts sagas. */
  public SagaStarter starter(Choreography choreography) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}

  /** Up or not, and why not. */
  public record Health(boolean up, String detail) {}

  /** The description of a participant. */
  public static final class Builder {
    private Builder(String name) {
      java.util.Objects.requireNonNull(name);
    }

    public Builder hosts(Choreography choreography, String step, StepHandler<?, ?> handler) {
      return this;
    }

    public Builder starts(Choreography choreography) {
      return this;
    }

    public Builder database(DataSource dataSource) {
      return this;
    }

    /** bootstrap.servers, schema.registry.url and whatever else Kafka's clients take. */
    public Builder kafka(Properties properties) {
      return this;
    }

    public Builder migrate(boolean migrate) {
      return this;
    }

    public Builder clock(Clock clock) {
      return this;
    }

    public Participant start() {
      throw new UnsupportedOperationException();
    }
  }
}
