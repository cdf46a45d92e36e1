// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.specific.SpecificRecord;

/** A handler that does what it was told to for a saga, and otherwise what it does by default. */
public final class Scripted implements StepHandler<SpecificRecord, SpecificRecord> {

  private final Step step;
  private final Execution execution;
  private final Compensation compensation;
  private final Map<String, Execution> executions = new ConcurrentHashMap<>();
  private final Map<String, Compensation> compensations = new ConcurrentHashMap<>();

  /** What executes a step. */
  @FunctionalInterface
  public interface Execution {
    /** See {@link StepHandler#execute}. */
    Outcome execute(SpecificRecord request, StepContext saga) throws Exception;
  }

  /** What undoes a step, beside returning its event. */
  @FunctionalInterface
  public interface Compensation {
    /** See {@link StepHandler#compensate}. */
    void compensate(SpecificRecord completed, StepContext saga) throws Exception;
  }

  /** A handler that does this by default. */
  public Scripted(Step step, Execution execution, Compensation compensation) {
    this.step = step;
    this.execution = execution;
    this.compensation = compensation;
  }

  /** What to do for one saga. */
  public void on(String sagaId, Execution told) {
    executions.put(sagaId, told);
  }

  /** How to undo one saga. */
  public void undoing(String sagaId, Compensation told) {
    compensations.put(sagaId, told);
  }

  /** The step's <i>completed</i> event. */
  public static Outcome done(Step step, StepContext saga) {
    return Outcome.completed(Sagas.event(step.completed().type(), saga.sagaId(), "done"));
  }

  /** The step's <i>failed</i> event. */
  public static Outcome rejected(Step step, StepContext saga) {
    return Outcome.rejected(Sagas.event(step.failed().type(), saga.sagaId(), "full"));
  }

  @Override
  public Outcome execute(SpecificRecord request, StepContext saga) throws Exception {
    return executions.getOrDefault(saga.sagaId(), execution).execute(request, saga);
  }

  @Override
  public SpecificRecord compensate(SpecificRecord completed, StepContext saga) throws Exception {
    compensations.getOrDefault(saga.sagaId(), compensation).compensate(completed, saga);
    return Sagas.event(Objects.requireNonNull(step.compensated()).type(), saga.sagaId(), "undone");
  }
}
