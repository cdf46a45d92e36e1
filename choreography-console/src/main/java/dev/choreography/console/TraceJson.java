// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.Trace.Debt;
import dev.choreography.protocol.EventHeaders;
import java.time.Duration;
import java.time.Instant;

/** A trace for programs. */
final class TraceJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private TraceJson() {}

  /** How the saga stands, without its events. */
  static ObjectNode status(SagaTrace saga, Instant now) {
    ObjectNode all =
        JSON.createObjectNode()
            .put("saga", saga.saga())
            .put("choreography", saga.declaration().name())
            .put("version", saga.declaration().declared().getVersion())
            .put("deadline", saga.deadline().toString())
            .put("status", saga.status(now));
    ArrayNode owed = all.putArray("owed");
    for (Debt debt : saga.owed()) {
      ArrayNode events = owed.addObject().put("participant", debt.participant()).putArray("events");
      debt.events().forEach(events::add);
    }
    return all;
  }

  /** The same with all its events. */
  static ObjectNode whole(SagaTrace saga, Instant now) {
    ObjectNode all = status(saga, now);
    ArrayNode events = all.putArray("events");
    saga.events().forEach(event -> events.add(event(saga, event)));
    return all;
  }

  static ObjectNode event(SagaTrace saga, TracedEvent event) {
    Duration delay = saga.sinceCause(event);
    return JSON.createObjectNode()
        .put("saga", saga.saga())
        .put("time", event.time().toString())
        .put("event", event.type())
        .put("topic", event.record().topic())
        .put("partition", event.record().partition())
        .put("offset", event.record().offset())
        .put("participant", event.participant())
        .put("cause", event.cause())
        .put("delay_ms", delay == null ? null : delay.toMillis())
        .put("outcome", event.outcome())
        .put("says", TraceText.says(saga, event))
        .put("bare", SagaTrace.isBare(event))
        .put("adopted", saga.isAdopted(event))
        .put("copy", saga.isCopy(event))
        .put("received", event.header(EventHeaders.RECEIVED))
        .put("started", event.header(EventHeaders.STARTED))
        .put("published", event.published().toString());
  }
}
