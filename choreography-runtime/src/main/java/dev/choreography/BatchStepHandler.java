// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/**
 * A step handler for hot steps: one call for the requests of many sagas that came together, which
 * is to need a few statements for all of them rather than a few for each. Every saga keeps the
 * guarantees that it has with {@link StepHandler}.
 *
 * <p>All requests of one call run in one transaction, whose connection every {@link
 * StepContext#connection()} of them gives. If the call throws, all that it wrote is undone, it
 * counts as no attempt of any saga, and the sagas are handled one by one: the same method is called
 * with each alone, and only what that call throws is its saga's technical error. So one saga that
 * cannot be handled costs the others time and nothing else. The time limit of the step is that of
 * the whole call.
 *
 * <p>Batches of several instances meet at the same rows: lock or write them in a fixed order.
 *
 * @param <I> the event the step follows; for a join the first one declared
 * @param <C> the step's <i>completed</i> event
 */
public interface BatchStepHandler<I extends SpecificRecord, C extends SpecificRecord>
    extends StepHandler<I, C> {

  /**
   * One saga's part of a call.
   *
   * @param event what the step acts on: its request, or the completed event that is to be undone or
   *     confirmed
   * @param saga whose it is
   */
  record Request<E extends SpecificRecord>(E event, StepContext saga) {}

  /**
   * Does the step for many sagas, each once.
   *
   * @param requests of different sagas, at least one
   * @return an outcome for each request, in their order. For a request that it rejects the call
   *     must have written nothing: there is no undoing it for one of many
   * @throws Exception if it cannot do all of them: see above
   */
  List<Outcome> executeAll(List<Request<I>> requests) throws Exception;

  /**
   * Undoes the step for many sagas, each once, after all steps that followed it were undone. Calls
   * {@link #compensate} for each unless overridden.
   *
   * @return the step's <i>compensated</i> event for each, in their order
   * @throws Exception if it cannot undo all of them: see above
   */
  default List<SpecificRecord> compensateAll(List<Request<C>> completed) throws Exception {
    List<SpecificRecord> compensated = new ArrayList<>(completed.size());
    for (Request<C> request : completed) {
      compensated.add(compensate(request.event(), request.saga()));
    }
    return compensated;
  }

  /**
   * Confirms what the step only reserved, for many sagas, each once. Calls {@link #confirm} for
   * each unless overridden.
   *
   * @throws Exception if it cannot confirm all of them: see above
   */
  default void confirmAll(List<Request<C>> completed) throws Exception {
    for (Request<C> request : completed) {
      confirm(request.event(), request.saga());
    }
  }

  /** Does the step for one saga, by {@link #executeAll}. */
  @Override
  default Outcome execute(I request, StepContext saga) throws Exception {
    List<Outcome> outcomes = executeAll(List.of(new Request<>(request, saga)));
    if (outcomes.size() != 1) {
      throw new IllegalStateException("1 outcome was expected, found " + outcomes.size());
    }
    return outcomes.get(0);
  }
}
