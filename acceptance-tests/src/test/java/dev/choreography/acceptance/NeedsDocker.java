// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;

/**
 * Where no Docker engine answers, the test is skipped and a line says so; with {@code
 * CONTAINER_TESTS=required} in the environment it fails instead.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsDocker.Engine.class)
@interface NeedsDocker {

  /** Asks for one. */
  final class Engine implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (DockerClientFactory.instance().isDockerAvailable()) {
        return ConditionEvaluationResult.enabled("a Docker engine answers");
      }
      if ("required".equals(System.getenv("CONTAINER_TESTS"))) {
        throw new IllegalStateException(
            "CONTAINER_TESTS is 'required' and no Docker engine answers: start one, `docker info` tells whether it runs");
      }
      String skipped = context.getDisplayName() + " is skipped: no Docker engine answers";
      System.out.println(skipped);
      return ConditionEvaluationResult.disabled(skipped);
    }
  }
}
