// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.StepHandler;
import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.Emitter;
import dev.choreography.engine.HostedStep;
import dev.choreography.engine.Inbox;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Intake;
import dev.choreography.engine.Journal;
import dev.choreography.engine.Published;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;

/** One instance of a participant without Kafka: it is handed records and keeps what it emits. */
public final class Instance {

  /** When it always is, unless a test says otherwise. */
  public static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  /** When a saga's time is up, unless a test says otherwise. */
  public static final Instant DEADLINE = NOW.plus(Duration.ofHours(1));

  private static final int ATTEMPTS = 3;

  private final Intake intake;
  private final MemoryCodec codec = new MemoryCodec();

  /** An instance that hosts all steps of these choreographies. */
  public Instance(
      Journal journal,
      MemoryRelay relay,
      Published published,
      Function<Step, StepHandler<SpecificRecord, SpecificRecord>> handlers,
      Choreography... choreographies) {
    List<HostedStep> steps = new ArrayList<>();
    for (Choreography choreography : choreographies) {
      for (int i = 0; i < choreography.steps().size(); i++) {
        steps.add(new HostedStep(choreography, i, handlers.apply(choreography.steps().get(i))));
      }
    }
    Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
    this.intake =
        new Intake(
            new Inbox(steps, codec),
            journal,
            relay,
            published,
            new Emitter("tests", codec, clock),
            ATTEMPTS);
  }

  /** What handles the records. */
  public Intake intake() {
    return intake;
  }

  /** Handles records as one batch. */
  public List<DeadLetter> handle(Incoming... batch) {
    return intake.handle(List.of(batch));
  }

  /** The record by which a signal is heard. */
  public Incoming record(Choreography choreography, Signal signal, String sagaId) {
    return record(choreography, Sagas.event(choreography, signal, sagaId), DEADLINE);
  }

  /** The record of an event with all its headers. */
  public Incoming record(Choreography choreography, SpecificRecord event, Instant deadline) {
    Map<String, byte[]> headers = new HashMap<>();
    headers.put(EventHeaders.CHOREOGRAPHY, choreography.id().getBytes(StandardCharsets.UTF_8));
    headers.put(EventHeaders.DEADLINE, deadline.toString().getBytes(StandardCharsets.UTF_8));
    return record(choreography, event, headers);
  }

  /** The record of an event with these headers. */
  public Incoming record(
      Choreography choreography, SpecificRecord event, Map<String, byte[]> headers) {
    String topic =
        choreography.events().stream()
            .filter(type -> type.type() == event.getClass())
            .map(type -> type.topic())
            .findFirst()
            .orElse(choreography.controlTopic());
    return new Incoming(
        topic,
        0,
        0,
        NOW,
        NOW,
        String.valueOf(event.get(0)).getBytes(StandardCharsets.UTF_8),
        codec.encode(topic, event),
        headers,
        false);
  }
}
