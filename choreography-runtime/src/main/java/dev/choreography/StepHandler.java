// SPDX-License-Identifier: Apache-2.0
package dev.choreography;

import org.apache.avro.specific.SpecificRecord;

/**
 * What a step does, how it is undone, and, where it only reserves, how it is confirmed.
 *
 * <p>All methods run in the transaction of {@link StepContext#connection()}, on one thread at a
 * time for each saga and step, and on several threads for different sagas. What they write commits
 * together with the event they return, once; nothing outside that transaction does, so a call to
 * another system may happen more than once and needs the saga's id as its key there.
 *
 * @param <I> the event the step follows; for a join the first one declared
 * @param <C> the step's <i>completed</i> event
 */
public interface StepHandler<I extends SpecificRecord, C extends SpecificRecord> {

  /**
   * Does the step, once for a saga.
   *
   * @return {@link Outcome#completed} with the step's <i>completed</i> event, or {@link
   *     Outcome#rejected} with its <i>failed</i> event, which undoes the writes of this call
   * @throws Exception for a technical error: the writes are undone and the call repeated; when the
   *     attempts are used up the step counts as rejected
   */
  Outcome execute(I request, StepContext saga) throws Exception;

  /**
   * Undoes the step, once for a saga, after all steps that followed it were undone. A step that can
   * be undone overrides it, one that cannot does not; both are checked at the start.
   *
   * @param completed what {@link #execute} returned, from the journal
   * @return the step's <i>compensated</i> event
   * @throws Exception for a technical error: the writes are undone and the call repeated; when the
   *     attempts are used up the step is parked for an operator. A compensation has no business no.
   */
  default SpecificRecord compensate(C completed, StepContext saga) throws Exception {
    throw new IllegalStateException("this step has no compensation");
  }

  /**
   * Confirms what the step only reserved, once for a saga, after all its steps have completed. A
   * step that reserves nothing does not override it. It may come late; until then what is reserved
   * stays reserved, and is freed by {@link #compensate} alone.
   *
   * @param completed what {@link #execute} returned, from the journal
   * @throws Exception for a technical error: the writes are undone and the call repeated; when the
   *     attempts are used up the step is parked for an operator
   */
  default void confirm(C completed, StepContext saga) throws Exception {}
}
