// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.control.Cancel;
import dev.choreography.protocol.Signal;
import dev.choreography.testevents.CompensatedA;
import dev.choreography.testevents.CompensatedB;
import dev.choreography.testevents.CompensatedC;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.CompletedB;
import dev.choreography.testevents.CompletedC;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.FailedB;
import dev.choreography.testevents.FailedC;
import dev.choreography.testevents.Started;
import java.time.Duration;
import java.util.Objects;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;

/** Small choreographies of the steps a, b and c, and their events. */
public final class Sagas {

  /** a, then b, then c. */
  public static final Choreography CHAIN =
      Choreography.named("chain")
          .startedBy(Started.class)
          .step("a", step -> a(step).after(Started.class).compensates(CompensatedA.class))
          .step("b", step -> b(step).after(CompletedA.class).compensates(CompensatedB.class))
          .step("c", step -> c(step).after(CompletedB.class))
          .build();

  /** a, then b and c side by side. */
  public static final Choreography FORK =
      Choreography.named("fork")
          .startedBy(Started.class)
          .step("a", step -> a(step).after(Started.class).compensates(CompensatedA.class))
          .step("b", step -> b(step).after(CompletedA.class).compensates(CompensatedB.class))
          .step("c", step -> c(step).after(CompletedA.class).compensates(CompensatedC.class))
          .build();

  /** a and b side by side, then c. */
  public static final Choreography JOIN =
      Choreography.named("join")
          .startedBy(Started.class)
          .step("a", step -> a(step).after(Started.class).compensates(CompensatedA.class))
          .step("b", step -> b(step).after(Started.class).compensates(CompensatedB.class))
          .step("c", step -> c(step).after(CompletedA.class, CompletedB.class))
          .build();

  private Sagas() {}

  /** a, then b, then c, each with an owner of its own; for as many minutes as a test may take. */
  public static Choreography chain(String name, String ownerA, String ownerB, String ownerC) {
    return Choreography.named(name)
        .startedBy(Started.class)
        .step(
            "a",
            step -> a(step).ownedBy(ownerA).after(Started.class).compensates(CompensatedA.class))
        .step(
            "b",
            step -> b(step).ownedBy(ownerB).after(CompletedA.class).compensates(CompensatedB.class))
        .step("c", step -> c(step).ownedBy(ownerC).after(CompletedB.class))
        .deadline(Duration.ofMinutes(5))
        .build();
  }

  private static Step.Declaration a(Step.Declaration step) {
    return step.ownedBy("tests").completes(CompletedA.class).fails(FailedA.class);
  }

  private static Step.Declaration b(Step.Declaration step) {
    return step.ownedBy("tests").completes(CompletedB.class).fails(FailedB.class);
  }

  private static Step.Declaration c(Step.Declaration step) {
    return step.ownedBy("tests").completes(CompletedC.class).fails(FailedC.class);
  }

  /** An event of a type that consists of a saga id and a text. */
  public static SpecificRecord event(
      Class<? extends SpecificRecord> type, String sagaId, String text) {
    SpecificRecord event =
        (SpecificRecord) SpecificData.newInstance(type, SpecificData.get().getSchema(type));
    event.put(0, sagaId);
    event.put(1, text);
    return event;
  }

  /** The event by which a signal is heard. */
  public static SpecificRecord event(Choreography choreography, Signal signal, String sagaId) {
    Step step = choreography.steps().get(signal.step());
    return switch (signal.kind()) {
      case STARTED -> event(choreography.start().type(), sagaId, "go");
      case CANCELLED -> new Cancel(sagaId, "changed my mind", "a customer");
      case COMPLETED -> event(step.completed().type(), sagaId, "done");
      case FAILED -> event(step.failed().type(), sagaId, "no");
      case COMPENSATED ->
          event(Objects.requireNonNull(step.compensated()).type(), sagaId, "undone");
      case DEADLINE_PASSED -> throw new IllegalArgumentException("no topic carries " + signal);
    };
  }
}
