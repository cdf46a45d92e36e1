// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.control.DeclaredStep;
import java.util.List;

/** Declarations for tests; the events of step {@code a} are a_done, a_failed and a_undone. */
public final class Declared {

  /** {@code a -> b -> c}, as flight, hotel and car. */
  public static final Declaration CHAIN =
      of(step("a", "begun"), step("b", "a_done"), last("c", "b_done"));

  /** {@code a -> (b, c) -> d}. */
  public static final Declaration DIAMOND =
      of(
          step("a", "begun"),
          step("b", "a_done"),
          step("c", "a_done"),
          last("d", "b_done", "c_done"));

  private Declared() {}

  private static Declaration of(DeclaredStep... steps) {
    return Declaration.of(
        ChoreographyDeclared.newBuilder()
            .setName("test")
            .setVersion(1)
            .setFingerprint("")
            .setDeadlineMs(1)
            .setStart("begun")
            .setControl("test_control")
            .setSteps(List.of(steps))
            .build());
  }

  private static DeclaredStep last(String name, String... after) {
    return DeclaredStep.newBuilder(step(name, after)).setCompensated(null).build();
  }

  private static DeclaredStep step(String name, String... after) {
    return DeclaredStep.newBuilder()
        .setName(name)
        .setOwner(name + "-service")
        .setAfter(List.of(after))
        .setCompleted(name + "_done")
        .setFailed(name + "_failed")
        .setCompensated(name + "_undone")
        .build();
  }

  /** A trace of these events. */
  public static Trace trace(Declaration declaration, String... events) {
    Trace trace = new Trace(declaration);
    List.of(events).forEach(trace::add);
    return trace;
  }
}
