// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.StepHandler;
import dev.choreography.testkit.Happening.Kind;
import org.apache.avro.specific.SpecificRecord;

/** An author's handler, which fails when chance has it, when all that it does is done. */
final class HandledStep implements StepHandler<SpecificRecord, SpecificRecord> {

  /** More than the tries of a patient policy, so that steps give up and are parked. */
  private static final int MOST_FAILURES = 6;

  private final StepHandler<SpecificRecord, SpecificRecord> handler;
  private final String step;
  private final FaultyJournal journal;
  private final Round round;

  HandledStep(
      StepHandler<SpecificRecord, SpecificRecord> handler,
      String step,
      FaultyJournal journal,
      Round round) {
    this.handler = handler;
    this.step = step;
    this.journal = journal;
    this.round = round;
  }

  @Override
  public Outcome execute(SpecificRecord request, StepContext context) throws Exception {
    Saga saga = calls(context, Kind.EXECUTED);
    Outcome outcome = handler.execute(request, context);
    failIfStruck(saga, Kind.EXECUTED);
    return outcome;
  }

  @Override
  public SpecificRecord compensate(SpecificRecord completed, StepContext context) throws Exception {
    Saga saga = calls(context, Kind.COMPENSATED);
    SpecificRecord event = handler.compensate(completed, context);
    failIfStruck(saga, Kind.COMPENSATED);
    return event;
  }

  @Override
  public void confirm(SpecificRecord completed, StepContext context) throws Exception {
    Saga saga = calls(context, Kind.CONFIRMED);
    handler.confirm(completed, context);
    failIfStruck(saga, Kind.CONFIRMED);
  }

  /** The handler was called for this saga and others. */
  void called(StepContext context, Kind call, Kind outcome) throws SimulatedException {
    Saga saga = round.saga(context.sagaId());
    journal.called(saga, outcome, step, context.attempt());
    failIfStruck(saga, call);
  }

  private Saga calls(StepContext context, Kind kind) {
    Saga saga = round.saga(context.sagaId());
    journal.calls(saga, kind, step, context.attempt());
    return saga;
  }

  private void failIfStruck(Saga saga, Kind kind) throws SimulatedException {
    if (saga.fails(step, kind, round.faults().errors(), MOST_FAILURES)) {
      throw new SimulatedException();
    }
  }
}
