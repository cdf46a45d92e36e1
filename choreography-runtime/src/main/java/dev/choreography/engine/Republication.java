// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.control.Cancel;
import dev.choreography.control.Parked;
import dev.choreography.control.Repair;
import dev.choreography.protocol.Graph;
import dev.choreography.protocol.Protocol;
import dev.choreography.protocol.Signal;
import dev.choreography.protocol.State;
import org.apache.avro.specific.SpecificRecord;

/**
 * The answer to a {@link Repair}: what a locked journal row says is published once more, and the
 * row stays as it is. Listeners that have heard it recognise a duplicate.
 *
 * <p>Which of it others may need is the protocol's to say: {@link Protocol#says}. The row keeps the
 * <i>completed</i> event as long as that names it.
 */
final class Republication {

  /** The {@code ce_outcome} of what is published again. */
  static final String REPAIRED = "repaired";

  private final HostedStep hosted;
  private final Draft draft;
  private final Emissions emissions;
  private final String reason;

  Republication(HostedStep hosted, Draft draft, Emissions emissions, Repair command) {
    this.hosted = hosted;
    this.draft = draft;
    this.emissions = emissions;
    this.reason =
        "published again by repair: %s (%s)"
            .formatted(
                Emissions.shortened(command.getWhy()), Emissions.shortened(command.getWho()));
  }

  /**
   * Publishes all that the row says.
   *
   * @param participant whose row it is
   */
  void publish(String participant) {
    Graph graph = hosted.choreography().graph();
    for (Signal signal : Protocol.says(graph, hosted.index(), draft.state, draft.heard)) {
      switch (signal.kind()) {
        case COMPLETED -> completed();
        case FAILED -> emissions.failed(REPAIRED, reason, null, begin());
        case COMPENSATED -> emissions.compensated(REPAIRED, reason, begin());
        case CANCELLED -> control(new Cancel(draft.sagaId(), reason, participant));
        case STARTED, DEADLINE_PASSED -> throw new IllegalStateException("no row says " + signal);
      }
    }
    if (draft.state == State.PARKED) {
      String error = String.valueOf(draft.error);
      control(new Parked(draft.sagaId(), hosted.step().name(), draft.parked, error));
    }
  }

  private void completed() {
    byte[] result = draft.result;
    if (result != null) {
      emissions.again(hosted.step().completed(), result, begin());
    }
  }

  private void control(SpecificRecord event) {
    emissions.control(event, draft.parked, REPAIRED, null, begin());
  }

  private Tracing.Traced begin() {
    return emissions.begin("repair");
  }
}
