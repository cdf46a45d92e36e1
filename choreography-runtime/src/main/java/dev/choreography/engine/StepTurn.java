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
  private final JournalRow row;
  private final Journal.Transaction transaction;
  private final Emitter emitter;
  private final Hands hands;
  private final Hands.Shift shift;
  private final Inputs inputs;
  private final Emissions emissions;
  private final List<DeadLetter> deadLetters = new ArrayList<>();

  private State state;
  private Heard heard;
  private @Nullable Instant due;
  private int attempt;
  private int parked;
  private @Nullable String error;
  private byte @Nullable [] result;
  private byte @Nullable [] digest;
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
    this.row = row;
    this.transaction = transaction;
    this.emitter = emitter;
    this.hands = hands;
    this.shift = shift;
    this.inputs = new Inputs(step, row.inputs(), emitter.codec());
    this.emissions = new Emissions(hosted, row, emitter);
    this.state = row.state();
    this.heard = row.heard();
    this.due = row.due();
    this.attempt = row.attempt();
    this.parked = row.parked();
    this.error = row.error();
    this.result = row.result();
    this.digest = row.digest();
  }

  /** Hears and moves. */
  void take(List<Delivery> deliveries) {
    Emissions.Origin before = emissions.origin();
    for (Delivery delivery : deliveries) {
      hear(delivery);
    }
    move();
    if (isSetAside() && state == row.state() && pause == null) {
      // What was heard changed nothing: what is tried again is still due to what led to it.
      emissions.ledBy(before);
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

  /** When the saga is to have ended, as far as this step is concerned. */
  Instant deadline() {
    return state == State.COMPLETED ? emissions.deadline() : Instant.MAX;
  }

  RowKey key() {
    return row.key();
  }

  List<OutboxEvent> emitted() {
    return emissions.events();
  }

  List<DeadLetter> deadLetters() {
    return deadLetters;
  }

  /** The row as it is to be written. */
  JournalRow after() {
    boolean waits = state.hasNotRun();
    boolean remembers = waits || isSetAside();
    Emissions.Origin origin = emissions.origin();
    return new JournalRow(
        row.key(),
        row.version(),
        state,
        heard,
        emissions.deadline(),
        due,
        attempt,
        parked,
        error,
        result,
        waits ? inputs.values() : Map.of(),
        digest,
        remembers ? origin.id() : null,
        remembers ? origin.traceParent() : null,
        isSetAside() ? origin.received() : null);
  }

  /** A row that is left without anything heard was made for a command that means nothing here. */
  boolean hasChanged() {
    return state == State.NONE
        || state != row.state()
        || !heard.equals(row.heard())
        || attempt != row.attempt()
        || !Objects.equals(due, row.due())
        || parked != row.parked()
        || !Arrays.equals(digest, row.digest());
  }

  private void hear(Delivery delivery) {
    if (delivery.to().choreography().version() != row.version()) {
      // The newest version adopts bare starts: one that comes once more may meet an older run.
      if (!delivery.bare() || !Arrays.equals(digest, digest(delivery.payload()))) {
        deadLetters.add(delivery.conflictsWith(row));
      }
      return;
    }
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
    emissions.ledBy(Emissions.Origin.of(delivery));
    if (state.hasNotRun()) {
      inputs.add(delivery);
    }
  }

  /** A command counts only while the step is parked for the time that the operator saw. */
  private void obey(Delivery delivery) {
    boolean retry = delivery.event() instanceof Retry r && isParkedFor(r.getTimes());
    boolean resolve = delivery.event() instanceof Resolve r && isParkedFor(r.getTimes());
    if (!retry && !resolve) {
      return;
    }
    emissions.ledBy(Emissions.Origin.of(delivery));
    takeUp();
    if (delivery.event() instanceof Resolve command) {
      resolve(command, emitter.clock().instant());
    }
  }

  private boolean isParkedFor(int times) {
    return state == State.PARKED && parked == times;
  }

  private void resolve(Resolve command, Instant started) {
    if (next() == Move.COMPENSATE) {
      String by = "resolved by %s: %s".formatted(command.getWho(), command.getWhy());
      emissions.compensated("resolved", by, started);
      ends(State.COMPENSATED);
    } else {
      ends(State.CONFIRMED);
    }
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
      emissions.endsAt(start.deadline());
      if (start.bare()) {
        emissions.adopt(start);
      }
    }
    return !start.bare();
  }

  private boolean isLate() {
    return !emitter.clock().instant().isBefore(emissions.deadline());
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
            cancelled ? "the saga was cancelled" : deadlineHasPassed(),
            started);
      }
      case SKIP -> {
        emissions.compensated("skipped", "the step had not begun", started);
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
      emissions.add(execution.returned());
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
      emissions.add(compensation.returned());
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
      call(call, new Hands.Call(row.key(), what, attempt + 1));
      return true;
    } catch (HandlerFailure e) {
      Throwable thrown = Objects.requireNonNull(e.getCause());
      attempt += e.isPassing() ? 0 : 1;
      error = e.getMessage();
      LOG.warn(
          "saga={} step={} outcome=error attempt={}/{}: {} threw",
          row.key().sagaId(),
          step.name(),
          attempt,
          retries.attempts(),
          what,
          thrown);
      if (e.isPassing() || (attempt < retries.attempts() && !isFinal(retries, thrown))) {
        state = aside;
        pause = e.isPassing() ? retries.longestPause() : retries.pauseAfter(attempt, chance());
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
    Duration left = Duration.between(emitter.clock().instant(), emissions.deadline()).plusMillis(1);
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
    shift.begin(watched, limit);
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
    return Math.floorMod(31L * row.key().hashCode() + attempt * 0x9E3779B97F4A7C15L, 1L << 20)
        / (double) (1 << 20);
  }

  private void park(Instant started) {
    state = State.PARKED;
    due = null;
    attempt = 0;
    parked++;
    emissions.control(
        new Parked(row.key().sagaId(), step.name(), parked, String.valueOf(error)),
        parked,
        started);
    LOG.error(
        "saga={} step={} outcome=parked error=\"{}\": the saga waits for an operator",
        row.key().sagaId(),
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
      returned = emissions.returned(type, event, outcome, started);
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
      List<SpecificRecord> predecessors = inputs.events();
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
      returns(Emissions.compensatedType(step), event, "compensated");
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
    return emitter.codec().decode(step.completed().topic(), result);
  }

  private void fail(String outcome, String reason, Instant started) {
    emissions.failed(outcome, reason, started);
    ends(State.FAILED);
  }

  private StepContext context(List<SpecificRecord> predecessors) {
    return transaction.context(row.key().sagaId(), attempt + 1, emissions.deadline(), predecessors);
  }

  private String deadlineHasPassed() {
    return "the deadline %s has passed".formatted(emissions.deadline());
  }

  private void emitCancel(Instant started) {
    emissions.control(
        new Cancel(row.key().sagaId(), deadlineHasPassed(), emitter.participant()),
        parked,
        started);
  }

  private static byte[] digest(byte[] payload) {
    try {
      return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(payload), 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
