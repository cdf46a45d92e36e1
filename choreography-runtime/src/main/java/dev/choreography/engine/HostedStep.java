// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.StepHandler;
import dev.choreography.StepOptions;
import org.apache.avro.specific.SpecificRecord;

/**
 * A step that this participant hosts.
 *
 * @param choreography the step's choreography
 * @param index the step's number in it
 * @param handler the author's code; that its types fit the declaration was checked at the start
 * @param confirms whether the handler has something to do when the saga has completed
 * @param options how it is run
 */
public record HostedStep(
    Choreography choreography,
    int index,
    StepHandler<SpecificRecord, SpecificRecord> handler,
    boolean confirms,
    StepOptions options) {

  /** The step's declaration. */
  public Step step() {
    return choreography.steps().get(index);
  }

  /** The step of its version. */
  public Journal.StepVersion version() {
    return new Journal.StepVersion(choreography.name(), choreography.version(), step().name());
  }

  RowKey key(String sagaId) {
    return new RowKey(choreography.name(), sagaId, step().name());
  }
}
