// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.StepContext;
import dev.choreography.chassis.SimulatedFailures;
import java.sql.Connection;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

class DefaultSeedTest {

  private static final long SEED = Long.parseLong(DemoOptions.DEFAULT_SEED);

  @Test
  void five_bookings_show_a_success_and_what_is_undone_after_a_late_failure() {
    List<String> ends = IntStream.rangeClosed(1, 5).mapToObj(DefaultSeedTest::end).toList();
    assertThat(ends).contains("completed", "car");
  }

  /** The step that rejects the booking, by what the services decide it with. */
  private static String end(int number) {
    StepContext saga = new Saga(Trips.sagaId(SEED, number));
    return List.of("flight", "hotel", "car").stream()
        .filter(
            step ->
                new SimulatedFailures(SEED, step, Failures.TEXTBOOK.of(step), 0, 0).reject(saga))
        .findFirst()
        .orElse("completed");
  }

  private record Saga(String sagaId) implements StepContext {
    @Override
    public Connection connection() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int attempt() {
      return 1;
    }

    @Override
    public Instant deadline() {
      return Instant.MAX;
    }

    @Override
    public <E extends SpecificRecord> E event(Class<E> type) {
      throw new UnsupportedOperationException();
    }
  }
}
