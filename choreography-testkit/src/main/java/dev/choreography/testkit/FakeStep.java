// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.EventType;
import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.engine.Emitter;
import java.util.Objects;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;

/** Stands in for a step of which nothing but its events matters. */
record FakeStep(
    Step step, World world, double refusals, Function<SpecificRecord, SpecificRecord> completed)
    implements StepHandler<SpecificRecord, SpecificRecord> {

  @Override
  public Outcome execute(SpecificRecord request, StepContext saga) {
    return world.happens(refusals, saga.sagaId(), step.name())
        ? Outcome.rejected(made(step.failed(), saga, "refused by a stand-in"))
        : Outcome.completed(completed.apply(request));
  }

  @Override
  public SpecificRecord compensate(SpecificRecord event, StepContext saga) {
    return made(Objects.requireNonNull(step.compensated()), saga, "undone by a stand-in");
  }

  private static SpecificRecord made(EventType type, StepContext saga, String reason) {
    return Emitter.made(type, saga.sagaId(), reason);
  }
}
