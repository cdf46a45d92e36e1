// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Gives a test its simulation, and holds it to running it. */
final class SimulationExtension implements ParameterResolver, AfterTestExecutionCallback {

  private static final Namespace NAMESPACE = Namespace.create(SimulationExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Simulation.class;
  }

  @Override
  public Simulation resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Simulated simulated = context.getRequiredTestMethod().getAnnotation(Simulated.class);
    Optional<String> given = context.getConfigurationParameter(Simulated.SEED);
    Simulation simulation =
        Simulation.defaults()
            .withSagas(simulated.sagas())
            .withSeed(given.map(SimulationExtension::seed).orElse(simulated.seed()));
    context.getStore(NAMESPACE).put(Simulation.Runs.class, simulation.runs());
    return simulation;
  }

  private static long seed(String given) {
    try {
      return given.equals("random")
          ? new SplittableRandom().nextInt(Integer.MAX_VALUE)
          : Long.parseLong(given);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "%s is '%s', a number or 'random' was expected".formatted(Simulated.SEED, given), e);
    }
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    Simulation.Runs runs =
        context.getStore(NAMESPACE).get(Simulation.Runs.class, Simulation.Runs.class);
    if (context.getExecutionException().isEmpty() && (runs == null || runs.count() == 0)) {
      throw new AssertionError(
          "%s ran no simulation: take one as a parameter and say run(choreography, world -> ...)"
              .formatted(context.getDisplayName()));
    }
  }
}
