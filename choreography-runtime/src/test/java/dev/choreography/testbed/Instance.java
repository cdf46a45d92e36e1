// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import dev.choreography.Choreography;
import dev.choreography.RetryPolicy;
import dev.choreography.Step;
import dev.choreography.StepHandler;
import dev.choreography.StepOptions;
import dev.choreography.engine.DeadLetter;
import dev.choreography.engine.DueTimes;
import dev.choreography.engine.Emitter;
import dev.choreography.engine.HostedStep;
import dev.choreography.engine.Inbox;
import dev.choreography.engine.Incoming;
import dev.choreography.engine.Intake;
import dev.choreography.engine.Journal;
import dev.choreography.engine.OutboxEvent;
import dev.choreography.engine.Published;
import dev.choreography.engine.Retention;
import dev.choreography.engine.Timers;
import dev.choreography.engine.Tracing;
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

  /**
   * When it always is, unless a test says otherwise. By the database's clock nothing is late that
   * is not by this one.
   */
  public static final Instant NOW = Instant.parse("2126-11-20T12:00:00Z");

  /** When a saga's time is up, unless a test says otherwise. */
  public static final Instant DEADLINE = NOW.plus(Duration.ofHours(1));

  private static final int ATTEMPTS = 3;

  /** Three tries of everything, without pauses. */
  public static final StepOptions OPTIONS = options(ATTEMPTS, Duration.ZERO);

  private final Intake intake;
  private final Intake woken;
  private final Timers timers;
  private final MemoryCodec codec = new MemoryCodec();

  /** An instance that hosts all steps of these choreographies, with {@link #OPTIONS}. */
  public Instance(
      Journal journal,
      MemoryRelay relay,
      Published published,
      Function<Step, StepHandler<SpecificRecord, SpecificRecord>> handlers,
      Choreography... choreographies) {
    this(
        journal,
        relay,
        published,
        handlers,
        OPTIONS,
        Clock.fixed(NOW, ZoneOffset.UTC),
        choreographies);
  }

  /** An instance that hosts all steps of these choreographies, and forgets their sagas. */
  public Instance(
      Journal journal,
      MemoryRelay relay,
      Function<Step, StepHandler<SpecificRecord, SpecificRecord>> handlers,
      Clock clock,
      Retention retention,
      Choreography... choreographies) {
    this(
        journal,
        relay,
        new Published(),
        handlers,
        OPTIONS,
        clock,
        Tracing.PASSED_ON,
        retention,
        List.of(),
        List.of(choreographies));
  }

  /** An instance that hosts all steps of these choreographies. */
  public Instance(
      Journal journal,
      MemoryRelay relay,
      Published published,
      Function<Step, StepHandler<SpecificRecord, SpecificRecord>> handlers,
      StepOptions options,
      Clock clock,
      Choreography... choreographies) {
    this(
        journal,
        relay,
        published,
        handlers,
        options,
        clock,
        Tracing.PASSED_ON,
        List.of(choreographies));
  }

  /** An instance that hosts all steps of these choreographies, and is traced. */
  public Instance(
      Journal journal,
      MemoryRelay relay,
      Published published,
      Function<Step, StepHandler<SpecificRecord, SpecificRecord>> handlers,
      StepOptions options,
      Clock clock,
      Tracing tracing,
      List<Choreography> choreographies) {
    this(
        journal,
        relay,
        published,
        handlers,
        options,
        clock,
        tracing,
        Retention.FOREVER,
        List.of(),
        choreographies);
  }

  private Instance(
      Journal journal,
      MemoryRelay relay,
      Published published,
      Function<Step, StepHandler<SpecificRecord, SpecificRecord>> handlers,
      StepOptions options,
      Clock clock,
      Tracing tracing,
      Retention retention,
      List<Choreography> adopting,
      List<Choreography> choreographies) {
    List<HostedStep> steps = new ArrayList<>();
    for (Choreography choreography : choreographies) {
      for (int i = 0; i < choreography.steps().size(); i++) {
        Step step = choreography.steps().get(i);
        steps.add(new HostedStep(choreography, i, handlers.apply(step), true, options));
      }
    }
    DueTimes dueTimes = new DueTimes();
    Inbox inbox = new Inbox(steps, codec, retention, adopting);
    Emitter emitter = new Emitter("tests", codec, clock, tracing);
    this.intake = new Intake("handler", inbox, journal, relay, published, emitter, dueTimes);
    this.woken = new Intake("handler-timers", inbox, journal, relay, published, emitter, dueTimes);
    this.timers = new Timers(woken, dueTimes, clock);
  }

  /** An instance that hosts all steps of these choreographies, and begins sagas in one of them. */
  public static Instance adopting(
      Choreography adopted,
      Journal journal,
      MemoryRelay relay,
      Function<Step, StepHandler<SpecificRecord, SpecificRecord>> handlers,
      Choreography... choreographies) {
    return new Instance(
        journal,
        relay,
        new Published(),
        handlers,
        OPTIONS,
        Clock.fixed(NOW, ZoneOffset.UTC),
        Tracing.PASSED_ON,
        Retention.FOREVER,
        List.of(adopted),
        List.of(choreographies));
  }

  /** So many tries of everything, always with this pause. */
  public static StepOptions options(int attempts, Duration pause) {
    RetryPolicy retries =
        RetryPolicy.defaults().withAttempts(attempts).withPauses(pause, pause).withJitter(0);
    return StepOptions.defaults()
        .withExecution(retries)
        .withCompensation(retries)
        .withConfirmation(retries);
  }

  /**
   * Takes up what is due, and what that sets aside without a pause, until all tries are used up.
   */
  public void wake() {
    for (int i = 0; i < ATTEMPTS; i++) {
      timers.tick();
    }
  }

  /** What takes up what was set aside. */
  public Timers timers() {
    return timers;
  }

  /** What handles the records. */
  public Intake intake() {
    return intake;
  }

  /** Journal rows that had their turn, here and in the timers. */
  public long steps() {
    return intake.steps() + woken.steps();
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

  /** The record that an event was published as. */
  public static Incoming record(OutboxEvent event) {
    Map<String, byte[]> headers = new HashMap<>();
    event
        .headers()
        .forEach((name, text) -> headers.put(name, text.getBytes(StandardCharsets.UTF_8)));
    return new Incoming(
        event.topic(),
        0,
        0,
        NOW,
        NOW,
        event.sagaId().getBytes(StandardCharsets.UTF_8),
        event.value(),
        headers::get,
        false);
  }

  /** The same record with one header more, or another value of it. */
  public static Incoming with(Incoming record, String name, String text) {
    byte[] value = text.getBytes(StandardCharsets.UTF_8);
    return new Incoming(
        record.topic(),
        record.partition(),
        record.offset(),
        record.timestamp(),
        record.received(),
        record.key(),
        record.value(),
        wanted -> wanted.equals(name) ? value : record.headers().apply(wanted),
        record.misplaced());
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
        headers::get,
        false);
  }
}
