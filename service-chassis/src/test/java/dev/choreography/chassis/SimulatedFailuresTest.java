// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.choreography.StepContext;
import dev.choreography.chassis.SimulatedFailures.SimulatedErrorException;
import java.sql.Connection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimulatedFailuresTest {

  private static final List<String> SAGAS =
      IntStream.range(0, 20_000).mapToObj(i -> "saga-" + i).toList();

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.01, 0.1, 0.15, 0.3, 0.5, 1})
  void about_as_many_sagas_are_rejected_as_the_rate_says(double rate) {
    for (long seed = 0; seed < 5; seed++) {
      Set<String> rejected = rejected(new SimulatedFailures(seed, "flight", rate, 0, 0), SAGAS, 1);

      assertThat(rejected.size() / (double) SAGAS.size())
          .isCloseTo(rate, within(4 * Math.sqrt(rate * (1 - rate) / SAGAS.size())));
    }
  }

  @Test
  void neither_order_nor_attempt_changes_which_sagas_are_rejected() {
    SimulatedFailures failures = new SimulatedFailures(7, "flight", 0.3, 0, 0);
    List<String> shuffled = new ArrayList<>(SAGAS);
    Collections.shuffle(shuffled, new Random(1));

    assertThat(rejected(failures, shuffled, 2)).isEqualTo(rejected(failures, SAGAS, 1));
  }

  @Test
  void steps_and_seeds_fail_independently() {
    Set<String> flight = rejected(new SimulatedFailures(7, "flight", 0.3, 0, 0), SAGAS, 1);
    Set<String> both = new TreeSet<>(flight);
    both.retainAll(rejected(new SimulatedFailures(7, "hotel", 0.3, 0, 0), SAGAS, 1));
    Set<String> again = new TreeSet<>(flight);
    again.retainAll(rejected(new SimulatedFailures(8, "flight", 0.3, 0, 0), SAGAS, 1));

    assertThat(both.size() / (double) SAGAS.size()).isCloseTo(0.09, within(0.01));
    assertThat(again.size() / (double) SAGAS.size()).isCloseTo(0.09, within(0.01));
  }

  @Test
  void an_attempt_that_ended_in_an_error_may_be_followed_by_one_that_does_not() {
    SimulatedFailures failures = new SimulatedFailures(7, "flight", 0, 0.2, 0);

    Set<String> once = erroneous(failures, SAGAS, 1);
    Set<String> twice = erroneous(failures, once, 2);

    assertThat(once.size() / (double) SAGAS.size()).isCloseTo(0.2, within(0.02));
    assertThat(twice.size() / (double) once.size()).isCloseTo(0.2, within(0.03));
  }

  @Test
  void an_error_names_saga_step_and_attempt() {
    SimulatedFailures failures = new SimulatedFailures(7, "flight", 0, 1, 0);

    assertThatThrownBy(() -> failures.errAfterExecution(new Attempt("saga-1", 2)))
        .hasMessage("simulated technical error: saga saga-1, step flight, attempt 2");
  }

  @Test
  void executing_and_compensating_err_each_at_its_own_rate_and_independently() {
    SimulatedFailures failures = new SimulatedFailures(7, "flight", 0, 0.2, 0.4);
    Set<String> executing = erroneous(failures, SAGAS, 1);
    Set<String> compensating = new TreeSet<>();
    for (String saga : SAGAS) {
      try {
        failures.errAfterCompensation(new Attempt(saga, 1));
      } catch (SimulatedErrorException e) {
        assertThat(e)
            .hasMessage(
                "simulated technical compensation error: saga %s, step flight, attempt 1", saga);
        compensating.add(saga);
      }
    }
    Set<String> both = new TreeSet<>(executing);
    both.retainAll(compensating);

    assertThat(executing.size() / (double) SAGAS.size()).isCloseTo(0.2, within(0.02));
    assertThat(compensating.size() / (double) SAGAS.size()).isCloseTo(0.4, within(0.02));
    assertThat(both.size() / (double) SAGAS.size()).isCloseTo(0.08, within(0.01));
  }

  @Test
  void a_rate_above_one_is_refused() {
    assertThatThrownBy(() -> new SimulatedFailures(7, "flight", 30, 0, 0))
        .hasMessage("rates are from 0 to 1, these are 30.0, 0.0 and 0.0");
  }

  private static Set<String> rejected(
      SimulatedFailures failures, Iterable<String> sagas, int attempt) {
    Set<String> rejected = new TreeSet<>();
    for (String saga : sagas) {
      if (failures.reject(new Attempt(saga, attempt))) {
        rejected.add(saga);
      }
    }
    return rejected;
  }

  private static Set<String> erroneous(
      SimulatedFailures failures, Iterable<String> sagas, int attempt) {
    Set<String> erroneous = new TreeSet<>();
    for (String saga : sagas) {
      try {
        failures.errAfterExecution(new Attempt(saga, attempt));
      } catch (SimulatedErrorException e) {
        erroneous.add(saga);
      }
    }
    return erroneous;
  }

  private record Attempt(String sagaId, int attempt) implements StepContext {
    @Override
    public Connection connection() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Instant deadline() {
      return Instant.MAX;
    }

    @Override
    public <E extends SpecificRecord> E event(Class<E> type) {
      throw new IllegalArgumentException();
    }
  }
}
