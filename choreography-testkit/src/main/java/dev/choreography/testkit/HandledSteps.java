// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.BatchStepHandler;
import dev.choreography.Outcome;
import dev.choreography.StepContext;
import dev.choreography.testkit.Happening.Kind;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/**
 * An author's batch handler, which fails when chance has it for one of its sagas, when all that it
 * does is done. For one saga it is handled as any other handler.
 */
final class HandledSteps implements BatchStepHandler<SpecificRecord, SpecificRecord> {

  private final BatchStepHandler<SpecificRecord, SpecificRecord> handler;
  private final HandledStep single;

  HandledSteps(BatchStepHandler<SpecificRecord, SpecificRecord> handler, HandledStep single) {
    this.handler = handler;
    this.single = single;
  }

  @Override
  public List<Outcome> executeAll(List<Request<SpecificRecord>> requests) throws Exception {
    List<Outcome> outcomes = handler.executeAll(requests);
    for (int i = 0; i < requests.size(); i++) {
      boolean rejected = i < outcomes.size() && outcomes.get(i) instanceof Outcome.Rejected;
      single.called(
          requests.get(i).saga(), Kind.EXECUTED, rejected ? Kind.REJECTED : Kind.EXECUTED);
    }
    return outcomes;
  }

  @Override
  public List<SpecificRecord> compensateAll(List<Request<SpecificRecord>> completed)
      throws Exception {
    List<SpecificRecord> events = handler.compensateAll(completed);
    for (Request<SpecificRecord> request : completed) {
      single.called(request.saga(), Kind.COMPENSATED, Kind.COMPENSATED);
    }
    return events;
  }

  @Override
  public void confirmAll(List<Request<SpecificRecord>> completed) throws Exception {
    handler.confirmAll(completed);
    for (Request<SpecificRecord> request : completed) {
      single.called(request.saga(), Kind.CONFIRMED, Kind.CONFIRMED);
    }
  }

  @Override
  public Outcome execute(SpecificRecord request, StepContext saga) throws Exception {
    return single.execute(request, saga);
  }

  @Override
  public SpecificRecord compensate(SpecificRecord completed, StepContext saga) throws Exception {
    return single.compensate(completed, saga);
  }

  @Override
  public void confirm(SpecificRecord completed, StepContext saga) throws Exception {
    single.confirm(completed, saga);
  }
}
