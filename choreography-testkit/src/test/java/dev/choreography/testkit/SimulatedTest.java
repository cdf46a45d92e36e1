// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

class SimulatedTest {

  /** Run by the tests below, never by itself. */
  static final class Authors {
    @Simulated(sagas = 7, seed = 3)
    void runs(Simulation simulation) {
      Simulation.Report report = simulation.run(Trips.CHAIN, Trips::chain);
      throw new IllegalStateException("%d %d".formatted(report.sagas(), report.seed()));
    }

    @Simulated
    void forgets(Simulation simulation) {
      assertThat(simulation).isNotNull();
    }

    @Simulated(sagas = 10)
    void runs_it_changed(Simulation simulation) {
      simulation.withFaults(Faults.none()).run(Trips.CHAIN, Trips::chain);
    }
  }

  @Test
  void sagas_and_seed_are_those_of_the_annotation() {
    assertThat(failures("runs", "")).containsExactly("7 3");
  }

  @Test
  void a_seed_that_is_given_replaces_that_of_the_annotation() {
    assertThat(failures("runs", "42")).containsExactly("7 42");
    assertThat(failures("runs", "random").toString()).matches("\\[7 [0-9]+]").isNotEqualTo("[7 3]");
  }

  @Test
  void a_seed_that_is_no_number_is_refused() {
    assertThat(failures("runs", "many").toString()).contains("'many', a number or 'random'");
  }

  @Test
  void a_test_that_runs_no_simulation_fails() {
    assertThat(failures("forgets", "").toString()).contains("ran no simulation");
    assertThat(failures("runs_it_changed", "")).isEmpty();
  }

  private static List<String> failures(String method, String seed) {
    SummaryGeneratingListener summary = new SummaryGeneratingListener();
    LauncherDiscoveryRequestBuilder request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectMethod(Authors.class, method, Simulation.class));
    if (!seed.isEmpty()) {
      request.configurationParameter(Simulated.SEED, seed);
    }
    LauncherDiscoveryRequest built = request.build();
    LauncherFactory.create().execute(built, summary);
    return summary.getSummary().getFailures().stream()
        .map(failure -> String.valueOf(failure.getException().getMessage()))
        .toList();
  }
}
