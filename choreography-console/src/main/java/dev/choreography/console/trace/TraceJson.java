// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.trace.Trace.Debt;
import dev.choreography.control.DeclaredStep;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A trace for programs. */
public final class TraceJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private TraceJson() {}

  /** How the saga stands, without its events. */
  public static ObjectNode status(SagaTrace saga, Instant now) {
    ObjectNode all =
        JSON.createObjectNode()
            .put("saga", saga.saga())
            .put("choreography", saga.declaration().name())
            .put("version", saga.version())
            .put("deadline", saga.deadline().toString())
            .put("status", saga.status(now))
            .put("refused", saga.refused());
    ArrayNode owed = all.putArray("owed");
    for (Debt debt : saga.owed()) {
      ArrayNode events =
          owed.addObject()
              .put("participant", debt.participant())
              .put("step", debt.step())
              .putArray("events");
      debt.events().forEach(events::add);
    }
    List<Parking> parked = Parking.open(saga.events());
    ArrayNode steps = all.putArray("steps");
    Map<String, String> states =
        saga.trace().steps(parked.stream().map(Parking::step).collect(Collectors.toSet()));
    for (DeclaredStep step : saga.declaration().steps()) {
      steps
          .addObject()
          .put("step", step.getName())
          .put("participant", step.getOwner())
          .put("state", states.get(step.getName()));
    }
    ArrayNode parkings = all.putArray("parked");
    parked.forEach(parking -> parkings.add(parking(parking)));
    return all;
  }

  private static ObjectNode parking(Parking parking) {
    return JSON.createObjectNode()
        .put("step", parking.step())
        .put("times", parking.times())
        .put("participant", parking.participant())
        .put("since", parking.since().toString())
        .put("error", parking.error());
  }

  /** The same with all its events. */
  public static ObjectNode whole(SagaTrace saga, Instant now) {
    ObjectNode all = status(saga, now);
    ArrayNode events = all.putArray("events");
    saga.events().forEach(event -> events.add(event(saga, event)));
    return all;
  }

  public static ObjectNode event(SagaTrace saga, TracedEvent event) {
    Duration delay = saga.sinceCause(event);
    ObjectNode all =
        JSON.createObjectNode()
            .put("saga", saga.saga())
            .put("time", event.time().toString())
            .put("event", event.type())
            .put("kind", kind(saga, event))
            .put("step", step(saga, event))
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
    ObjectNode headers = all.putObject("headers");
    event.headers().forEach(headers::put);
    all.set("payload", event.event() == null ? JSON.nullNode() : PayloadJson.of(event.event()));
    return all;
  }

  private static String kind(SagaTrace saga, TracedEvent event) {
    Signal signal = saga.declaration().signals().get(event.record().topic());
    return signal == null ? event.type() : signal.kind().name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable String step(SagaTrace saga, TracedEvent event) {
    Signal signal = saga.declaration().signals().get(event.record().topic());
    if (signal == null) {
      return event.field("step");
    }
    return signal.equals(Signal.STARTED) ? null : saga.declaration().step(signal.step()).getName();
  }
}
