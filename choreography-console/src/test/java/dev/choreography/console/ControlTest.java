// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static dev.choreography.console.trace.Declared.CHAIN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.console.trace.Found;
import dev.choreography.console.trace.SagaTrace;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.protocol.EventHeaders;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ControlTest {

  @Test
  void a_cancel_has_the_sagas_own_version_and_deadline() {
    TracedEvent adopted = Found.event("begun").at(1_100, 8).of(CHAIN, "a-service").build();
    SagaTrace trace = SagaTrace.of("s", List.of(CHAIN), List.of(adopted)).get(0);
    assertThat(Control.headers(Control.Target.of(trace), "cancel", "", Instant.ofEpochSecond(60)))
        .containsEntry(EventHeaders.ID, "s/cancel")
        .containsEntry(EventHeaders.TYPE, "cancel")
        .containsEntry(EventHeaders.CHOREOGRAPHY, CHAIN.id())
        .containsEntry(EventHeaders.DEADLINE, "1970-01-01T00:10:00Z");
  }
}
