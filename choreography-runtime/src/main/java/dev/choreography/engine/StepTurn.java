// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.EventType;
import dev.choreography.Outcome;
import dev.choreography.RetryPolicy;
import dev.choreography.Step;
import dev.choreography.StepContext;
import dev.choreography.control.Cancel;
import dev.choreography.control.Parked;
import dev.choreography.control.Resolve;
import dev.choreography.control.Retry;
import dev.choreography.engine.EventCodec.UnreadableException;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Heard;
import dev.choreography.protocol.Move;
import dev.choreography.protocol.Protocol;
import dev.choreography.protocol.Signal;
import dev.choreography.protocol.State;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
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
  private final Hands hands;
  private final Hands.Shift shift;
  private final List<OutboxEvent> emitted = new ArrayList<>();
  private final List<DeadLetter> deadLetters = new ArrayList<>();
  private final Map<String, byte[]> inputs;
  private final Map<String, SpecificRecord> decodedInputs = new HashMap<>();

  private State state;
  private Heard heard;
  private Instant deadline;
  private @Nullable Instant due;
  private int attempt;
  private int parked;
  private @Nullable String error;
  private byte @Nullable [] result;
  private byte @Nullable [] digest;
  private @Nullable String causation;
  private @Nullable String traceParent;
  private @Nullable Instant received;
  private @Nullable Duration pause;

  StepTurn(
      HostedStep hosted,
      JournalRow row,
      Journal.Transaction transaction,
      Emitter emitter,
      Hands hands,
      Hands.Shift shift) {
    this.hosted = hosted;
    this.step = hosted.step();
    this.before = row;
    this.transaction = transaction;
    this.emitter = emitter;
    this.hands = hands;
    this.shift = shift;
    this.inputs = new HashMap<>(row.inputs());
    this.state = row.state();
    this.heard = row.heard();
    this.deadline = row.deadline();
    this.due = row.due();
    this.attempt = row.attempt();
    this.parked = row.parked();
    this.error = row.error();
    this.result = row.result();
    this.digest = row.digest();
    this.causation = row.causation();
    this.traceParent = row.traceParent();
    this.received = row.received();
  }

  /** Hears and moves. */
  void take(List<Delivery> deliveries) {
    for (Delivery delivery : deliveries) {
      hear(delivery);
    }
    move();
    if (isSetAside() && state == before.state() && pause == null) {
      // What was heard changed nothing: what is tried again is still due to what led to it.
      causation = before.causation();
      traceParent = before.traceParent();
      received = before.received();
    }
    if (state == State.NONE && (!heard.isEmpty() || digest != null)) {
      state = State.WAITING;
    }
  }

  /** Takes up what was set aside until now, and notices that the deadline has passed. */
  void wake() {
    if (due != null && !transaction.now().isBefore(due)) {
      takeUp();
    }
    move();
  }

  private void move() {
    noticeDeadline();
    for (Move move = next(); move != Move.NOTHING; move = next()) {
      make(move);
      noticeDeadline();
    }
  }

  /** Whoever has the row in hand after the deadline notices it; timers see to the others. */
  private void noticeDeadline() {
    boolean waits = state.hasNotRun() && !heard.isEmpty();
    if ((waits || state == State.COMPLETED) && isLate()) {
      heard = heard.plus(Signal.DEADLINE_PASSED);
    }
  }

  /** Puts the step back to where the protocol decides on it. */
  private void takeUp() {
    state = state == State.RETRYING ? State.WAITING : State.COMPLETED;
    due = null;
  }

  private boolean isSetAside() {
    return switch (state) {
      case RETRYING, COMPENSATING, CONFIRMING, PARKED -> true;
      default -> false;
    };
  }

  /** How long the step is set aside for from now on, null if it was not. */
  @Nullable Duration pause() {
    return pause;
  }

  RowKey key() {
    return before.key();
  }

  List<OutboxEvent> emitted() {
    return emitted;
  }

  List<DeadLetter> deadLetters() {
    return deadLetters;
  }

  /** The row as it is to be written. */
  JournalRow row() {
    boolean waits = state.hasNotRun();
    boolean remembers = waits || isSetAside();
    return new JournalRow(
        before.key(),
        before.version(),
        state,
        heard,
        deadline,
        due,
        attempt,
        parked,
        error,
        result,
        waits ? inputs : Map.of(),
        digest,
        remembers ? causation : null,
        remembers ? traceParent : null,
        isSetAside() ? received : null);
  }

  /** A row that is left without anything heard was made for a command that means nothing here. */
  boolean hasChanged() {
    return state == State.NONE
        || state != before.state()
        || !heard.equals(before.heard())
        || attempt != before.attempt()
        || !Objects.equals(due, before.due())
        || parked != before.parked()
        || !Arrays.equals(digest, before.digest());
  }

  private void hear(Delivery delivery) {
    Signal signal = delivery.signal();
    if (signal == null) {
      obey(delivery);
      return;
    }
    if (signal.equals(Signal.STARTED) && !isSameStart(delivery)) {
      return;
    }
    if (heard.has(signal)) {
      return;
    }
    heard = heard.plus(signal);
    causation = delivery.id();
    traceParent = delivery.traceParent();
    received = delivery.record().received();
    if (state.hasNotRun() && isInput(delivery.record().topic())) {
      inputs.put(delivery.record().topic(), delivery.value());
      decodedInputs.put(delivery.record().topic(), delivery.event());
    }
  }

  /** A command counts only while the step is parked for the time that the operator saw. */
  private void obey(Delivery delivery) {
    boolean retry = delivery.event() instanceof Retry r && isParkedFor(r.getTimes());
    boolean resolve = delivery.event() instanceof Resolve r && isParkedFor(r.getTimes());
    if (!retry && !resolve) {
      return;
    }
    causation = delivery.id();
    traceParent = delivery.traceParent();
    received = delivery.record().received();
    takeUp();
    if (delivery.event() instanceof Resolve command) {
      resolve(command, emitter.clock().instant());
    }
  }

  private boolean isParkedFor(int times) {
    return state == State.PARKED
        && parked == times
        && before.version() == hosted.choreography().version();
  }

  private void resolve(Resolve command, Instant started) {
    if (next() == Move.COMPENSATE) {
      String by = "resolved by %s: %s".formatted(command.getWho(), command.getWhy());
      emitMade(undone(), "resolved", by, started);
      ends(State.COMPENSATED);
    } else {
      ends(State.CONFIRMED);
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
        ends(State.SKIPPED);
      }
      case CONFIRM -> confirm(started);
      case CANCEL -> {
        heard = heard.plus(Signal.CANCELLED);
        emitCancel(started);
      }
      case NOTHING -> throw new IllegalStateException("nothing is not made");
    }
  }

  private void run(Instant started) {
    Execution execution = new Execution(started);
    RetryPolicy retries = hosted.options().execution();
    if (succeeds(execution, retries, State.RETRYING, "execute")) {
      emitted.add(execution.returned());
      if (execution.completed) {
        attempt = 0;
        state = State.COMPLETED;
        result = execution.returned().value();
      } else {
        ends(State.FAILED);
      }
    } else if (state != State.RETRYING) {
      fail("exhausted", "gave up after %d attempts: %s".formatted(attempt, error), started);
    }
  }

  private void compensate(Instant started) {
    Compensation compensation = new Compensation(started);
    RetryPolicy retries = hosted.options().compensation();
    if (succeeds(compensation, retries, State.COMPENSATING, "compensate")) {
      emitted.add(compensation.returned());
      ends(State.COMPENSATED);
    } else if (state != State.COMPENSATING) {
      park(started);
    }
  }

  private void confirm(Instant started) {
    if (!hosted.confirms()) {
      ends(State.CONFIRMED);
      return;
    }
    RetryPolicy retries = hosted.options().confirmation();
    if (succeeds(new Confirmation(started), retries, State.CONFIRMING, "confirm")) {
      ends(State.CONFIRMED);
    } else if (state != State.CONFIRMING) {
      park(started);
    }
  }

  /** Calls the handler; sets the step aside where it failed and may be tried again. */
  private boolean succeeds(Call call, RetryPolicy retries, State aside, String what) {
    try {
      call(call, new Hands.Call(before.key(), what, attempt + 1));
      return true;
    } catch (HandlerFailure e) {
      Throwable thrown = Objects.requireNonNull(e.getCause());
      attempt++;
      error = e.getMessage();
      LOG.warn(
          "saga={} step={} outcome=error attempt={}/{}: {} threw",
          before.key().sagaId(),
          step.name(),
          attempt,
          retries.attempts(),
          what,
          thrown);
      if (attempt < retries.attempts() && !isFinal(retries, thrown)) {
        state = aside;
        pause = retries.pauseAfter(attempt, chance());
        if (aside == State.RETRYING) {
          pause = shorter(pause, untilDeadline());
        }
        due = transaction.now().plus(pause);
      }
      return false;
    }
  }

  /** After it there is no further try: the step refuses to run. */
  private Duration untilDeadline() {
    Duration left = Duration.between(emitter.clock().instant(), deadline).plusMillis(1);
    return left.isNegative() ? Duration.ZERO : left;
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private void call(Call call, Hands.Call watched) throws HandlerFailure {
    Duration limit = hosted.options().timeLimit();
    if (hands.wasOverdue(watched)) {
      throw new HandlerFailure(
          new TimeoutException("%s took more than %s".formatted(watched.what(), limit)));
    }
    shift.begin(watched, limit, transaction);
    try {
      transaction.attempt(call);
    } finally {
      shift.done(watched);
    }
  }

  private boolean isFinal(RetryPolicy retries, Throwable thrown) {
    try {
      return retries.isFinal().test(thrown);
    } catch (RuntimeException e) {
      LOG.warn("step={} its retry policy threw, the error is taken for passing", step.name(), e);
      return false;
    }
  }

  /**
   * Spreads the pauses of different rows and attempts; the same for the same, so it is on record.
   */
  private double chance() {
    return Math.floorMod(31L * before.key().hashCode() + attempt * 0x9E3779B97F4A7C15L, 1L << 20)
        / (double) (1 << 20);
  }

  private void park(Instant started) {
    state = State.PARKED;
    due = null;
    attempt = 0;
    parked++;
    emitControl(
        new Parked(before.key().sagaId(), step.name(), parked, String.valueOf(error)), started);
    LOG.error(
        "saga={} step={} outcome=parked error=\"{}\": the saga waits for an operator",
        before.key().sagaId(),
        step.name(),
        error);
  }

  private void ends(State end) {
    state = end;
    due = null;
    attempt = 0;
    result = null;
  }

  /** A call of the handler; what it returned counts only when the whole attempt has succeeded. */
  private abstract class Call implements Journal.Attempt {
    private final Instant started;
    private @Nullable OutboxEvent returned;

    Call(Instant started) {
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

    Execution(Instant started) {
      super(started);
    }

    @Override
    public boolean run() throws Exception {
      List<SpecificRecord> predecessors = new ArrayList<>();
      for (EventType event : step.after()) {
        predecessors.add(input(event));
      }
      Outcome outcome = hosted.handler().execute(predecessors.get(0), context(predecessors));
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
    Compensation(Instant started) {
      super(started);
    }

    @Override
    public boolean run() throws Exception {
      SpecificRecord event = hosted.handler().compensate(completed(), context(List.of()));
      returns(undone(), event, "compensated");
      return true;
    }
  }

  private final class Confirmation extends Call {
    Confirmation(Instant started) {
      super(started);
    }

    @Override
    public boolean run() throws Exception {
      hosted.handler().confirm(completed(), context(List.of()));
      return true;
    }
  }

  private SpecificRecord completed() throws UnreadableException {
    if (result == null) {
      throw new IllegalStateException("the journal has no completed event");
    }
    return decode(step.completed(), result);
  }

  private void fail(String outcome, String reason, Instant started) {
    emitMade(step.failed(), outcome, reason, started);
    ends(State.FAILED);
  }

  private EventType undone() {
    EventType compensated = step.compensated();
    if (compensated == null) {
      throw new IllegalStateException("step %s cannot be undone".formatted(step.name()));
    }
    return compensated;
  }

  private StepContext context(List<SpecificRecord> predecessors) {
    return transaction.context(before.key().sagaId(), attempt + 1, deadline, predecessors);
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
    emitControl(
        new Cancel(
            before.key().sagaId(),
            "the deadline %s has passed".formatted(deadline),
            emitter.participant()),
        started);
  }

  private void emitControl(SpecificRecord event, Instant started) {
    String sagaId = before.key().sagaId();
    String control = hosted.choreography().controlTopic();
    String type = EventType.of(event.getClass()).topic();
    Map<String, String> headers =
        emitter.headers(hosted.choreography(), type, sagaId, deadline, null, cause(started));
    // Unlike other events, these may come from several steps and more than once.
    headers.merge(EventHeaders.ID, step.name() + "/" + parked, (id, suffix) -> id + "/" + suffix);
    emitted.add(new OutboxEvent(control, sagaId, emitter.codec().encode(control, event), headers));
  }

  private Emitter.Cause cause(Instant started) {
    return new Emitter.Cause(causation, traceParent, received, started);
  }

  private static byte[] digest(byte[] payload) {
    try {
      return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(payload), 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
