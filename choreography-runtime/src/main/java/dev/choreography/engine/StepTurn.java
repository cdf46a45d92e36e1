// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.BatchStepHandler;
import dev.choreography.RetryPolicy;
import dev.choreography.Step;
import dev.choreography.StepOptions;
import dev.choreography.control.Cancel;
import dev.choreography.control.Parked;
import dev.choreography.control.Repair;
import dev.choreography.control.Resolve;
import dev.choreography.control.Retry;
import dev.choreography.protocol.EventHeaders;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The turn of one locked journal row: hears what was delivered, then moves until the protocol says
 * that there is nothing to do. Lives within one transaction, on one thread.
 */
final class StepTurn {

  private static final Logger LOG = LoggerFactory.getLogger(StepTurn.class);

  private static final String DEADLINE = "deadline";
  private static final String EXHAUSTED = "exhausted";
  private static final String PARKED = "parked";

  /** The shortest wait for an event that cannot be written, whatever the step's policy. */
  private static final Duration SHORTEST_WAIT = Duration.ofSeconds(1);

  private final HostedStep hosted;
  private final Step step;
  private final Draft draft;
  private final Calls calls;
  private final Emitter emitter;
  private final Inputs inputs;
  private final Emissions emissions;
  private final Emissions.Origin origin;
  private final HandlerCall.Subject subject;
  private final List<DeadLetter> deadLetters = new ArrayList<>();
  private int notParked;

  /** Whether the copy of an adopted start may be lost, and the deadline is noticed without it. */
  private boolean repaired;

  StepTurn(HostedStep hosted, JournalRow row, Calls calls, Emitter emitter) {
    this.hosted = hosted;
    this.step = hosted.step();
    this.draft = new Draft(row, hosted);
    this.calls = calls;
    this.emitter = emitter;
    this.inputs = new Inputs(step, row.inputs(), emitter.codec());
    this.emissions = new Emissions(hosted, row, emitter);
    this.origin = emissions.origin();
    this.subject =
        new HandlerCall.Subject(
            hosted, draft, inputs, emissions, emitter.codec(), calls.transaction());
  }

  /** Hears what was delivered. */
  void hear(List<Delivery> deliveries) {
    for (Delivery delivery : deliveries) {
      hear(delivery);
    }
  }

  /** Takes up what was set aside until now. */
  void wake() {
    if (draft.due != null && !calls.transaction().now().isBefore(draft.due)) {
      draft.takeUp();
    }
  }

  /** Moves until there is nothing to do, having noticed whether the deadline has passed. */
  void move() {
    moveOn();
    if (draft.isSetAside()
        && draft.state == draft.row().state()
        && draft.parked == draft.row().parked()
        && draft.pause == null) {
      // What was heard changed nothing: what is tried again is still due to what led to it.
      emissions.ledBy(origin);
    }
    if (draft.state == State.NONE && (!draft.heard.isEmpty() || draft.digest != null)) {
      draft.state = State.WAITING;
    }
  }

  /**
   * The call that comes next, where the handler takes it together with those of other sagas; null
   * where it comes alone, or none does.
   */
  @Nullable HandlerCall nextTogether() {
    noticeDeadline();
    if (!(hosted.handler() instanceof BatchStepHandler) || draft.attempt > 0) {
      return null;
    }
    return switch (next()) {
      case RUN -> new HandlerCall.Execution(subject);
      case COMPENSATE -> new HandlerCall.Compensation(subject);
      case CONFIRM -> hosted.confirms() ? new HandlerCall.Confirmation(subject) : null;
      default -> null;
    };
  }

  private void moveOn() {
    noticeDeadline();
    for (Move move = next(); move != Move.NOTHING; move = next()) {
      Draft before = draft.copy();
      try {
        make(move);
      } catch (UnwritableEventException e) {
        draft.become(before);
        waitFor(move, e);
        return;
      }
      noticeDeadline();
    }
  }

  /** Whoever has the row in hand after the deadline notices it; timers see to the others. */
  private void noticeDeadline() {
    boolean mayHaveLostItsStart = repaired && draft.digest != null;
    boolean waits = draft.state.hasNotRun() && (!draft.heard.isEmpty() || mayHaveLostItsStart);
    if ((waits || draft.state == State.COMPLETED) && isLate()) {
      draft.heard = draft.heard.plus(Signal.DEADLINE_PASSED);
    }
  }

  /** How long the step is set aside for from now on, null if it was not. */
  @Nullable Duration pause() {
    return draft.pause;
  }

  /** When the saga is to have ended, as far as this step is concerned. */
  Instant deadline() {
    return draft.state == State.COMPLETED ? emissions.deadline() : Instant.MAX;
  }

  RowKey key() {
    return draft.row().key();
  }

  /** The row as it was locked. */
  JournalRow before() {
    return draft.row();
  }

  List<OutboxEvent> emitted() {
    return emissions.events();
  }

  List<DeadLetter> deadLetters() {
    return deadLetters;
  }

  /** How many commands came that do not count, since the step is not parked for them. */
  int notParked() {
    return notParked;
  }

  /** The row as it is to be written. */
  JournalRow after() {
    return draft.after(inputs.values(), emissions.origin(), emissions.deadline());
  }

  boolean hasChanged() {
    return draft.hasChanged();
  }

  /** To be called when it has committed. */
  void tell(Observer observer) {
    if (draft.state != draft.row().state()) {
      observer.reached(hosted, draft.state);
    }
    for (Emissions.Done done : emissions.done()) {
      log(done);
      done.span().end(done.end());
    }
  }

  private void log(Emissions.Done done) {
    switch (done.end().outcome()) {
      case PARKED -> log(Level.ERROR, done, ": the saga waits for an operator");
      case EXHAUSTED -> log(Level.WARN, done, "");
      case "rejected", "cancelled", DEADLINE, "resolved", Republication.REPAIRED ->
          log(Level.INFO, done, "");
      default -> log(Level.DEBUG, done, "");
    }
  }

  private void log(Level level, Emissions.Done done, String meaning) {
    if (LOG.isEnabledForLevel(level)) {
      String error = done.end().error();
      LOG.atLevel(level)
          .log(
              "saga={} step={} event={} outcome={}{}{}",
              draft.sagaId(),
              step.name(),
              done.event(),
              done.end().outcome(),
              error == null ? "" : " error=\"" + error + "\"",
              meaning);
    }
  }

  private void hear(Delivery delivery) {
    if (delivery.to().choreography().version() != draft.row().version()) {
      // One version adopts bare starts: one that comes once more may meet a run of another.
      if (!delivery.bare() || !Arrays.equals(draft.digest, digest(delivery.payload()))) {
        deadLetters.add(delivery.conflictsWith(draft.row()));
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
    if (draft.heard.has(signal)) {
      return;
    }
    draft.heard = draft.heard.plus(signal);
    emissions.ledBy(delivery);
    if (draft.state.hasNotRun()) {
      inputs.add(delivery);
    }
  }

  private void repair(Delivery delivery, Repair command) {
    Emissions.Origin origin = emissions.origin();
    emissions.ledBy(delivery);
    new Republication(hosted, draft, emissions, command).publish(emitter.participant());
    emissions.ledBy(origin);
    repaired = true;
  }

  /** A command counts only while the step is parked for the time that the operator saw. */
  private void obey(Delivery delivery) {
    if (delivery.event() instanceof Repair command) {
      repair(delivery, command);
      return;
    }
    boolean retry = delivery.event() instanceof Retry r && isParkedFor(r.getTimes());
    boolean resolve = delivery.event() instanceof Resolve r && isParkedFor(r.getTimes());
    if (!retry && !resolve) {
      notParked++;
      return;
    }
    Draft parked = draft.copy();
    Emissions.Origin cause = emissions.origin();
    emissions.ledBy(delivery);
    draft.takeUp();
    if (delivery.event() instanceof Resolve command) {
      try {
        resolve(command);
      } catch (UnwritableEventException e) {
        // The journal has no place for a command that waits; as a dead letter it can be replayed.
        draft.become(parked);
        emissions.ledBy(cause);
        deadLetters.add(
            new DeadLetter(
                delivery.record(), "the step stays parked, resolve it again: " + e.getMessage()));
      }
    }
  }

  private boolean isParkedFor(int times) {
    return draft.state == State.PARKED && draft.parked == times;
  }

  private void resolve(Resolve command) {
    Tracing.Traced span = emissions.begin("resolve");
    if (next() == Move.COMPENSATE) {
      String by =
          "resolved by %s: %s"
              .formatted(
                  Emissions.shortened(command.getWho()), Emissions.shortened(command.getWhy()));
      emissions.compensated("resolved", by, span);
      draft.ends(State.COMPENSATED);
    } else {
      emissions.did(span, "resolved");
      draft.ends(State.CONFIRMED);
    }
  }

  /**
   * Adopts a bare start; refuses one whose payload is not that of the first. One that comes again
   * before the adopted copy was heard is adopted again, for the topic may have lost that copy.
   */
  private boolean isSameStart(Delivery start) {
    byte[] payload = digest(start.payload());
    if (draft.digest != null && !Arrays.equals(draft.digest, payload)) {
      deadLetters.add(
          new DeadLetter(
              start.record(),
              "conflict: saga %s was started with another payload".formatted(start.sagaId())));
      return false;
    }
    boolean first = draft.digest == null;
    if (start.bare() && (first || mayHaveLostItsCopy(start))) {
      // A second adoption keeps the deadline of the first.
      String tooLarge = emissions.adopt(start, first ? start.deadline() : emissions.deadline());
      if (tooLarge != null) {
        deadLetters.add(
            new DeadLetter(
                start.record(),
                "the start cannot be published again with its saga's key and headers: "
                    + tooLarge));
        return false;
      }
    } else if (first) {
      emissions.endsAt(start.deadline());
    }
    draft.digest = payload;
    return !start.bare();
  }

  /** An own copy that lies on another partition than its key's is never adopted once more. */
  private boolean mayHaveLostItsCopy(Delivery start) {
    return draft.row().digest() != null
        && draft.state.hasNotRun()
        && !draft.heard.has(Signal.STARTED)
        && !emitter.participant().equals(start.record().header(EventHeaders.SOURCE));
  }

  private boolean isLate() {
    return !calls.transaction().now().isBefore(emissions.deadline());
  }

  private Move next() {
    return Protocol.decide(hosted.choreography().graph(), hosted.index(), draft.state, draft.heard);
  }

  private void make(Move move) {
    switch (move) {
      case RUN -> run();
      case COMPENSATE -> compensate();
      case FAIL -> {
        boolean cancelled = draft.heard.has(Signal.CANCELLED);
        fail(
            cancelled ? "cancelled" : DEADLINE,
            cancelled ? "the saga was cancelled" : deadlineHasPassed(),
            null,
            emissions.begin("fail"));
      }
      case SKIP -> {
        emissions.compensated("skipped", "the step had not begun", emissions.begin("skip"));
        draft.ends(State.SKIPPED);
      }
      case CONFIRM -> confirm();
      case CANCEL -> {
        draft.heard = draft.heard.plus(Signal.CANCELLED);
        emissions.control(
            new Cancel(draft.sagaId(), deadlineHasPassed(), emitter.participant()),
            draft.parked,
            DEADLINE,
            null,
            emissions.begin("cancel"));
      }
      case NOTHING -> throw new IllegalStateException("nothing is not made");
    }
  }

  /**
   * Sets the step aside where it cannot emit what the framework makes: it makes the same move again
   * later, and nothing counts as tried. What the step did before has been undone, or stands.
   */
  private void waitFor(Move move, UnwritableEventException e) {
    StepOptions options = hosted.options();
    RetryPolicy retries =
        switch (move) {
          case COMPENSATE -> options.compensation();
          case CONFIRM -> options.confirmation();
          default -> options.execution();
        };
    Duration pause = retries.longestPause();
    draft.error = new HandlerFailure(e).getMessage();
    draft.setAside(
        switch (move) {
          case COMPENSATE -> State.COMPENSATING;
          case CONFIRM -> State.CONFIRMING;
          // It has run, and nothing is under way: its due time alone says that it waits.
          case CANCEL -> State.COMPLETED;
          default -> State.RETRYING;
        },
        pause.compareTo(SHORTEST_WAIT) < 0 ? SHORTEST_WAIT : pause,
        calls.transaction().now());
    LOG.warn(
        "saga={} step={} event={} outcome=waiting: {}",
        draft.sagaId(),
        step.name(),
        emissions.origin().id(),
        e.getMessage());
  }

  private void run() {
    HandlerCall call = new HandlerCall.Execution(subject);
    if (!calls.succeeds(call) && !draft.isSetAside()) {
      fail(
          EXHAUSTED,
          "gave up after %s attempts: %s".formatted(draft.attempt, draft.error),
          draft.error,
          call.span());
    }
  }

  private void compensate() {
    succeedOrPark(new HandlerCall.Compensation(subject));
  }

  private void confirm() {
    if (!hosted.confirms()) {
      draft.ends(State.CONFIRMED);
    } else {
      succeedOrPark(new HandlerCall.Confirmation(subject));
    }
  }

  private void succeedOrPark(HandlerCall call) {
    if (!calls.succeeds(call) && !draft.isSetAside()) {
      draft.parks();
      emissions.control(
          new Parked(draft.sagaId(), step.name(), draft.parked, String.valueOf(draft.error)),
          draft.parked,
          PARKED,
          draft.error,
          call.span());
    }
  }

  private void fail(String outcome, String reason, @Nullable String error, Tracing.Traced span) {
    emissions.failed(outcome, reason, error, span);
    draft.ends(State.FAILED);
  }

  private String deadlineHasPassed() {
    return "the deadline %s has passed".formatted(emissions.deadline());
  }

  private static byte[] digest(byte[] payload) {
    try {
      return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(payload), 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
