// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.BatchStepHandler;
import dev.choreography.RetryPolicy;
import dev.choreography.protocol.State;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.apache.avro.specific.SpecificRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls handlers within one transaction, in the time that they have, and sets a step aside whose
 * handler failed and may be tried again.
 */
final class Calls {

  private static final Logger LOG = LoggerFactory.getLogger(Calls.class);

  private final Journal.Transaction transaction;
  private final Hands hands;
  private final Hands.Shift shift;
  private final Clock clock;
  private final Observer observer;

  Calls(
      Journal.Transaction transaction,
      Hands hands,
      Hands.Shift shift,
      Clock clock,
      Observer observer) {
    this.transaction = transaction;
    this.hands = hands;
    this.shift = shift;
    this.clock = clock;
    this.observer = observer;
  }

  /** The transaction they are made in. */
  Journal.Transaction transaction() {
    return transaction;
  }

  /** Whether a call succeeded; sets the step aside where it failed and may be tried again. */
  boolean succeeds(HandlerCall call) {
    try {
      attempt(call.watched(), call.subject.hosted(), call);
      call.succeeded();
      return true;
    } catch (HandlerFailure e) {
      failed(call, e);
      return false;
    }
  }

  /**
   * Calls a batch handler once for several rows of one step that make the same move. Where that
   * fails no row has moved, and each is to be handled alone.
   */
  void together(List<HandlerCall> calls) {
    HandlerCall first = calls.get(0);
    HostedStep hosted = first.subject.hosted();
    try {
      Hands.Call watched = first.watched().together();
      List<Tracing.Traced> spans = calls.stream().map(HandlerCall::span).toList();
      attempt(
          watched,
          hosted,
          () -> first.subject.emissions().together(watched.what(), spans, () -> answered(calls)));
      calls.forEach(HandlerCall::succeeded);
    } catch (HandlerFailure e) {
      LOG.warn(
          "step={} outcome=again: {} sagas are handled one by one, for all together {} threw",
          hosted.step().name(),
          calls.size(),
          first.watched().what(),
          e.getCause());
    }
  }

  private static boolean answered(List<HandlerCall> calls) throws Exception {
    List<BatchStepHandler.Request<SpecificRecord>> requests = new ArrayList<>(calls.size());
    for (HandlerCall call : calls) {
      requests.add(call.request());
    }
    List<?> answers = calls.get(0).answerAll(requests);
    if (answers.size() != calls.size()) {
      throw new IllegalStateException(
          "%d answers were expected, found %d".formatted(calls.size(), answers.size()));
    }
    for (int i = 0; i < calls.size(); i++) {
      // A rejected one has written nothing, so all that was written is kept.
      boolean ignored = calls.get(i).accept(answers.get(i));
    }
    return true;
  }

  private void attempt(Hands.Call watched, HostedStep hosted, Journal.Attempt attempt)
      throws HandlerFailure {
    Duration limit = hosted.options().timeLimit();
    if (hands.wasOverdue(watched)) {
      throw new HandlerFailure(
          new TimeoutException("%s took more than %s".formatted(watched.what(), limit)));
    }
    shift.begin(watched, limit);
    long began = System.nanoTime();
    boolean succeeded = false;
    try {
      transaction.attempt(attempt);
      succeeded = true;
    } finally {
      observer.called(
          hosted, watched.what(), Duration.ofNanos(System.nanoTime() - began), succeeded);
      shift.done(watched);
    }
  }

  private void failed(HandlerCall call, HandlerFailure e) {
    Throwable thrown = Objects.requireNonNull(e.getCause());
    RetryPolicy retries = call.retries();
    Draft draft = call.subject.draft();
    draft.attempt += e.isPassing() ? 0 : 1;
    draft.error = e.getMessage();
    String step = call.subject.hosted().step().name();
    LOG.warn(
        "saga={} step={} event={} outcome=error attempt={}/{}: {} threw",
        draft.sagaId(),
        step,
        call.subject.emissions().origin().id(),
        draft.attempt,
        retries.attempts(),
        call.watched().what(),
        thrown);
    if (e.isPassing()
        || (draft.attempt < retries.attempts() && !isFinal(retries, thrown, draft, step))) {
      Duration pause =
          e.isPassing() ? retries.longestPause() : retries.pauseAfter(draft.attempt, chance(draft));
      if (call.aside() == State.RETRYING) {
        pause = shorter(pause, untilDeadline(call));
      }
      draft.setAside(call.aside(), pause, transaction.now());
      call.subject.emissions().setAside(call.span(), draft.outcome(), draft.error);
    }
  }

  private static boolean isFinal(RetryPolicy retries, Throwable thrown, Draft draft, String step) {
    try {
      return retries.isFinal().test(thrown);
    } catch (RuntimeException | Error e) {
      LOG.warn(
          "saga={} step={} outcome=error: its retry policy threw, the error is taken for passing",
          draft.sagaId(),
          step,
          e);
      return false;
    }
  }

  /** After it there is no further try: the step refuses to run. */
  private Duration untilDeadline(HandlerCall call) {
    Duration left =
        Duration.between(clock.instant(), call.subject.emissions().deadline()).plusMillis(1);
    return left.isNegative() ? Duration.ZERO : left;
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /**
   * Spreads the pauses of different rows and attempts; the same for the same, so it is on record.
   */
  private static double chance(Draft draft) {
    return Math.floorMod(
            31L * draft.row().key().hashCode() + draft.attempt * 0x9E3779B97F4A7C15L, 1L << 20)
        / (double) (1 << 20);
  }
}
