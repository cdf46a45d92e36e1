// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.EventType;
import dev.choreography.Outcome;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.control.Cancel;
import dev.choreography.engine.EventCodec.UnreadableException;
import dev.choreography.protocol.Heard;
import dev.choreography.protocol.Move;
import dev.choreography.protocol.Protocol;
import dev.choreography.protocol.Signal;
import dev.choreography.protocol.State;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The turn of one locked journal row: hears what was delivered, then moves until the protocol says
 * that there is nothing to do. Lives within one transaction, on one thread.
 */
final class StepTurn {

  private static final Logger LOG = LoggerFactory.getLogger(StepTurn.class);

  private final HostedStep hosted;
  private final Step step;
  private final JournalRow before;
  private final Journal.Transaction transaction;
  private final Emitter emitter;
  private final int attempts;
  private final List<OutboxEvent> emitted = new ArrayList<>();
  private final List<DeadLetter> deadLetters = new ArrayList<>();
  private final Map<String, byte[]> inputs;
  private final Map<String, SpecificRecord> decodedInputs = new HashMap<>();

  private State state;
  private Heard heard;
  private Instant deadline;
  private int parked;
  private @Nullable String error;
  private byte @Nullable [] result;
  private byte @Nullable [] digest;
  private @Nullable String causation;
  private @Nullable String traceParent;
  private @Nullable Instant received;

  StepTurn(
      HostedStep hosted,
      JournalRow row,
      Journal.Transaction transaction,
      Emitter emitter,
      int attempts) {
    this.hosted = hosted;
    this.step = hosted.step();
    this.before = row;
    this.transaction = transaction;
    this.emitter = emitter;
    this.attempts = attempts;
    this.inputs = new HashMap<>(row.inputs());
    this.state = row.state();
    this.heard = row.heard();
    this.deadline = row.deadline();
    this.parked = row.parked();
    this.error = row.error();
    this.result = row.result();
    this.digest = row.digest();
    this.causation = row.causation();
    this.traceParent = row.traceParent();
  }

  /** Hears and moves. */
  void take(List<Delivery> deliveries) {
    for (Delivery delivery : deliveries) {
      hear(delivery);
    }
    if (state.hasNotRun() && !heard.isEmpty() && isLate()) {
      heard = heard.plus(Signal.DEADLINE_PASSED);
    }
    for (Move move = next(); move != Move.NOTHING; move = next()) {
      make(move);
    }
    if (state == State.NONE && (!heard.isEmpty() || digest != null)) {
      state = State.WAITING;
    }
  }

  List<OutboxEvent> emitted() {
    return emitted;
  }

  List<DeadLetter> deadLetters() {
    return deadLetters;
  }

  /** The row as it is to be written. */
  JournalRow row() {
    boolean ended = !state.hasNotRun();
    return new JournalRow(
        before.key(),
        before.version(),
        state,
        heard,
        deadline,
        null,
        0,
        parked,
        error,
        result,
        ended ? Map.of() : inputs,
        digest,
        ended ? null : causation,
        ended ? null : traceParent);
  }

  boolean hasChanged() {
    return state != before.state()
        || !heard.equals(before.heard())
        || !Arrays.equals(digest, before.digest());
  }

  private void hear(Delivery delivery) {
    if (delivery.signal().equals(Signal.STARTED) && !isSameStart(delivery)) {
      return;
    }
    if (heard.has(delivery.signal())) {
      return;
    }
    heard = heard.plus(delivery.signal());
    causation = delivery.id();
    traceParent = delivery.traceParent();
    received = delivery.record().received();
    if (state.hasNotRun() && isInput(delivery.record().topic())) {
      inputs.put(delivery.record().topic(), delivery.value());
      decodedInputs.put(delivery.record().topic(), delivery.event());
    }
  }

  private boolean isInput(String topic) {
    return step.after().stream().anyMatch(event -> event.topic().equals(topic));
  }

  /** Adopts a bare start; refuses one whose payload is not that of the first. */
  private boolean isSameStart(Delivery start) {
    byte[] payload = digest(start.payload());
    if (digest != null && !Arrays.equals(digest, payload)) {
      deadLetters.add(
          new DeadLetter(
              start.record(),
              "conflict: saga %s was started with another payload".formatted(start.sagaId())));
      return false;
    }
    if (digest == null) {
      digest = payload;
      deadline = start.deadline();
      if (start.bare()) {
        emitted.add(
            new OutboxEvent(
                start.record().topic(),
                start.sagaId(),
                start.value(),
                emitter.headers(
                    hosted.choreography(),
                    start.record().topic(),
                    start.sagaId(),
                    deadline,
                    null,
                    new Emitter.Cause(
                        null, start.traceParent(), start.record().received(), null))));
      }
    }
    return !start.bare();
  }

  private boolean isLate() {
    return !emitter.clock().instant().isBefore(deadline);
  }

  private Move next() {
    return Protocol.decide(hosted.choreography().graph(), hosted.index(), state, heard);
  }

  private void make(Move move) {
    Instant started = emitter.clock().instant();
    switch (move) {
      case RUN -> run(started);
      case COMPENSATE -> compensate(started);
      case FAIL -> {
        boolean cancelled = heard.has(Signal.CANCELLED);
        fail(
            cancelled ? "cancelled" : "deadline",
            cancelled ? "the saga was cancelled" : "the deadline %s has passed".formatted(deadline),
            started);
      }
      case SKIP -> {
        emitMade(undone(), "skipped", "the step had not begun", started);
        state = State.SKIPPED;
      }
      case CONFIRM -> {
        state = State.CONFIRMED;
        result = null;
      }
      case CANCEL -> {
        heard = heard.plus(Signal.CANCELLED);
        emitCancel(started);
      }
      case NOTHING -> throw new IllegalStateException("nothing is not made");
    }
  }

  private void run(Instant started) {
    for (int attempt = 1; attempt <= attempts; attempt++) {
      try {
        Execution execution = new Execution(attempt, started);
        transaction.attempt(execution);
        emitted.add(execution.returned());
        state = execution.completed ? State.COMPLETED : State.FAILED;
        result = execution.completed ? execution.returned().value() : null;
        return;
      } catch (HandlerFailure e) {
        failed("execute", attempt, e);
      }
    }
    fail("exhausted", "gave up after %d attempts: %s".formatted(attempts, error), started);
  }

  private void compensate(Instant started) {
    for (int attempt = 1; attempt <= attempts; attempt++) {
      try {
        Compensation compensation = new Compensation(attempt, started);
        transaction.attempt(compensation);
        emitted.add(compensation.returned());
        state = State.COMPENSATED;
        result = null;
        return;
      } catch (HandlerFailure e) {
        failed("compensate", attempt, e);
      }
    }
    state = State.PARKED;
    parked++;
    LOG.error(
        "saga={} step={} outcome=parked error=\"{}\": the saga waits for an operator",
        before.key().sagaId(),
        step.name(),
        error);
  }

  /** A call of the handler; what it returned counts only when the whole attempt has succeeded. */
  private abstract class Call implements Journal.Attempt {
    final int attempt;
    final Instant started;
    private @Nullable OutboxEvent returned;

    Call(int attempt, Instant started) {
      this.attempt = attempt;
      this.started = started;
    }

    final void returns(EventType type, SpecificRecord event, @Nullable String outcome) {
      returned = outboxEvent(type, event, outcome, started);
    }

    final OutboxEvent returned() {
      return Objects.requireNonNull(returned);
    }
  }

  private final class Execution extends Call {
    private boolean completed;

    Execution(int attempt, Instant started) {
      super(attempt, started);
    }

    @Override
    public boolean run() throws Exception {
      List<SpecificRecord> predecessors = new ArrayList<>();
      for (EventType event : step.after()) {
        predecessors.add(input(event));
      }
      Outcome outcome =
          hosted.handler().execute(predecessors.get(0), context(attempt, predecessors));
      completed = outcome instanceof Outcome.Completed;
      if (completed) {
        returns(step.completed(), outcome.event(), null);
      } else {
        returns(step.failed(), outcome.event(), "rejected");
      }
      return completed;
    }
  }

  private final class Compensation extends Call {
    Compensation(int attempt, Instant started) {
      super(attempt, started);
    }

    @Override
    public boolean run() throws Exception {
      if (result == null) {
        throw new IllegalStateException("the journal has no completed event to compensate");
      }
      SpecificRecord completed = decode(step.completed(), result);
      returns(
          undone(),
          hosted.handler().compensate(completed, context(attempt, List.of())),
          "compensated");
      return true;
    }
  }

  private void fail(String outcome, String reason, Instant started) {
    emitMade(step.failed(), outcome, reason, started);
    state = State.FAILED;
  }

  private EventType undone() {
    EventType compensated = step.compensated();
    if (compensated == null) {
      throw new IllegalStateException("step %s cannot be undone".formatted(step.name()));
    }
    return compensated;
  }

  private StepContext context(int attempt, List<SpecificRecord> predecessors) {
    return transaction.context(before.key().sagaId(), attempt, deadline, predecessors);
  }

  private SpecificRecord input(EventType event) throws UnreadableException {
    SpecificRecord decoded = decodedInputs.get(event.topic());
    if (decoded != null) {
      return decoded;
    }
    byte[] value = inputs.get(event.topic());
    if (value == null) {
      throw new IllegalStateException("the journal has no %s to run on".formatted(event));
    }
    return decode(event, value);
  }

  private SpecificRecord decode(EventType event, byte[] value) throws UnreadableException {
    return emitter.codec().decode(event.topic(), value);
  }

  private void emitMade(EventType type, String outcome, String reason, Instant started) {
    SpecificRecord event = Emitter.made(type, before.key().sagaId(), reason);
    try {
      emitted.add(outboxEvent(type, event, outcome, started));
    } catch (Trouble e) {
      throw e;
    } catch (RuntimeException e) {
      // No handler is to blame, and giving up would leave the saga half-way: the registry has to
      // accept what was declared.
      throw new Trouble("writing the %s of saga %s".formatted(type, before.key().sagaId()), e);
    }
  }

  private OutboxEvent outboxEvent(
      EventType type, SpecificRecord event, @Nullable String outcome, Instant started) {
    return emitter.event(
        hosted.choreography(),
        type,
        event,
        before.key().sagaId(),
        deadline,
        outcome,
        cause(started));
  }

  private void emitCancel(Instant started) {
    String sagaId = before.key().sagaId();
    String control = hosted.choreography().controlTopic();
    Cancel cancel =
        new Cancel(sagaId, "the deadline %s has passed".formatted(deadline), emitter.participant());
    emitted.add(
        new OutboxEvent(
            control,
            sagaId,
            emitter.codec().encode(control, cancel),
            emitter.headers(
                hosted.choreography(),
                EventType.of(Cancel.class).topic(),
                sagaId,
                deadline,
                null,
                cause(started))));
  }

  private Emitter.Cause cause(Instant started) {
    return new Emitter.Cause(causation, traceParent, received, started);
  }

  private void failed(String what, int attempt, HandlerFailure failure) {
    error = failure.getMessage();
    LOG.warn(
        "saga={} step={} outcome=error attempt={}/{}: {} threw",
        before.key().sagaId(),
        step.name(),
        attempt,
        attempts,
        what,
        failure.getCause());
  }

  private static byte[] digest(byte[] payload) {
    try {
      return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(payload), 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
