// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that takes a {@link Simulation} and runs it. The configuration parameter {@value #SEED}, a
 * system property for one, replaces the seed of all of them: a number that a violation has told, or
 * {@code random}.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Test
@ExtendWith(SimulationExtension.class)
public @interface Simulated {

  /** The configuration parameter. */
  String SEED = "choreography.seed";

  /** How many sagas. */
  int sagas() default 10_000;

  /** Of the first round. */
  long seed() default 1;
}
