// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import dev.choreography.BatchStepHandler;
import dev.choreography.EventType;
import dev.choreography.Outcome;
import dev.choreography.RetryPolicy;
import dev.choreography.StepContext;
import dev.choreography.StepOptions;
import dev.choreography.engine.EventCodec.UnreadableException;
import dev.choreography.protocol.State;
import java.util.List;
import java.util.Objects;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * A call of a handler for one row, alone or as one of many. What it answered counts only when the
 * whole attempt has succeeded.
 */
abstract class HandlerCall implements Journal.Attempt {

  /** What a call is about, and where it is made. */
  record Subject(
      HostedStep hosted,
      Draft draft,
      Inputs inputs,
      Emissions emissions,
      EventCodec codec,
      Journal.Transaction transaction) {

    private StepContext context(List<SpecificRecord> predecessors) {
      return transaction.context(
          draft.sagaId(), draft.attempt + 1, emissions.deadline(), predecessors);
    }

    /** Those of which many are called together have one. */
    private BatchStepHandler<SpecificRecord, SpecificRecord> batchHandler() {
      return (BatchStepHandler<SpecificRecord, SpecificRecord>) hosted.handler();
    }

    /** What was done, to be undone or confirmed. */
    private BatchStepHandler.Request<SpecificRecord> completed() throws UnreadableException {
      byte[] result = draft.result;
      if (result == null) {
        throw new IllegalStateException("the journal has no completed event");
      }
      return new BatchStepHandler.Request<>(
          codec.decode(hosted.step().completed().topic(), result), context(List.of()));
    }
  }

  private static final String REJECTED = "rejected";
  private static final String COMPENSATED = "compensated";

  final Subject subject;
  private final String method;
  private final Tracing.Traced span;
  private @Nullable OutboxEvent returned;

  private HandlerCall(Subject subject, String method) {
    this.subject = subject;
    this.method = method;
    this.span = subject.emissions.begin(method);
  }

  final Tracing.Traced span() {
    return span;
  }

  /** How its time limit is watched. */
  final Hands.Call watched() {
    return new Hands.Call(subject.draft.row().key(), method, subject.draft.attempt + 1);
  }

  /** Calls of the same group can be made together. */
  final Object group() {
    return List.of(subject.hosted.version(), method);
  }

  /** What the handler is to act on. */
  abstract BatchStepHandler.Request<SpecificRecord> request() throws UnreadableException;

  /** Calls the handler for this row alone. */
  @Override
  public final boolean run() throws Exception {
    BatchStepHandler.Request<SpecificRecord> request = request();
    return span.during(() -> accept(answer(request.event(), request.saga())));
  }

  abstract @Nullable Object answer(SpecificRecord event, StepContext saga) throws Exception;

  /** Calls a batch handler for this row and others of its step. */
  abstract List<? extends @Nullable Object> answerAll(
      List<BatchStepHandler.Request<SpecificRecord>> requests) throws Exception;

  /**
   * Takes the handler's answer.
   *
   * @return whether what it wrote is to be kept
   * @throws IllegalStateException if the answer is none that the step may give
   */
  abstract boolean accept(@Nullable Object answer);

  /** The attempt has succeeded: the row moves on. */
  abstract void succeeded();

  final RetryPolicy retries() {
    return retries(subject.hosted.options());
  }

  abstract RetryPolicy retries(StepOptions options);

  /** The state in which the row waits for another try. */
  abstract State aside();

  final void returns(EventType type, SpecificRecord event, @Nullable String outcome) {
    returned = subject.emissions.returned(type, event, outcome, span);
  }

  final OutboxEvent emit(String outcome) {
    OutboxEvent event = Objects.requireNonNull(returned);
    subject.emissions.emit(event, span, outcome, null);
    return event;
  }

  static final class Execution extends HandlerCall {
    private boolean completed;

    Execution(Subject subject) {
      super(subject, "execute");
    }

    @Override
    BatchStepHandler.Request<SpecificRecord> request() throws UnreadableException {
      List<SpecificRecord> predecessors = subject.inputs.events();
      return new BatchStepHandler.Request<>(predecessors.get(0), subject.context(predecessors));
    }

    @Override
    Object answer(SpecificRecord event, StepContext saga) throws Exception {
      return subject.hosted.handler().execute(event, saga);
    }

    @Override
    List<Outcome> answerAll(List<BatchStepHandler.Request<SpecificRecord>> requests)
        throws Exception {
      return subject.batchHandler().executeAll(requests);
    }

    @Override
    boolean accept(@Nullable Object answer) {
      Outcome outcome = (Outcome) Objects.requireNonNull(answer, "no outcome was returned");
      completed = outcome instanceof Outcome.Completed;
      if (completed) {
        returns(subject.hosted.step().completed(), outcome.event(), null);
      } else {
        returns(subject.hosted.step().failed(), outcome.event(), REJECTED);
      }
      return completed;
    }

    @Override
    void succeeded() {
      OutboxEvent event = emit(completed ? "completed" : REJECTED);
      if (completed) {
        subject.draft.attempt = 0;
        subject.draft.state = State.COMPLETED;
        subject.draft.result = event.value();
      } else {
        subject.draft.ends(State.FAILED);
      }
    }

    @Override
    RetryPolicy retries(StepOptions options) {
      return options.execution();
    }

    @Override
    State aside() {
      return State.RETRYING;
    }
  }

  static final class Compensation extends HandlerCall {
    Compensation(Subject subject) {
      super(subject, "compensate");
    }

    @Override
    BatchStepHandler.Request<SpecificRecord> request() throws UnreadableException {
      return subject.completed();
    }

    @Override
    Object answer(SpecificRecord event, StepContext saga) throws Exception {
      return subject.hosted.handler().compensate(event, saga);
    }

    @Override
    List<SpecificRecord> answerAll(List<BatchStepHandler.Request<SpecificRecord>> requests)
        throws Exception {
      return subject.batchHandler().compensateAll(requests);
    }

    @Override
    boolean accept(@Nullable Object answer) {
      SpecificRecord event =
          (SpecificRecord) Objects.requireNonNull(answer, "no event was returned");
      returns(Emissions.compensatedType(subject.hosted.step()), event, COMPENSATED);
      return true;
    }

    @Override
    void succeeded() {
      OutboxEvent ignored = emit(COMPENSATED);
      subject.draft.ends(State.COMPENSATED);
    }

    @Override
    RetryPolicy retries(StepOptions options) {
      return options.compensation();
    }

    @Override
    State aside() {
      return State.COMPENSATING;
    }
  }

  static final class Confirmation extends HandlerCall {
    Confirmation(Subject subject) {
      super(subject, "confirm");
    }

    @Override
    BatchStepHandler.Request<SpecificRecord> request() throws UnreadableException {
      return subject.completed();
    }

    @Override
    @Nullable Object answer(SpecificRecord event, StepContext saga) throws Exception {
      subject.hosted.handler().confirm(event, saga);
      return null;
    }

    @Override
    List<? extends @Nullable Object> answerAll(
        List<BatchStepHandler.Request<SpecificRecord>> requests) throws Exception {
      subject.batchHandler().confirmAll(requests);
      return requests;
    }

    @Override
    boolean accept(@Nullable Object answer) {
      return true;
    }

    @Override
    void succeeded() {
      subject.emissions.did(span(), "confirmed");
      subject.draft.ends(State.CONFIRMED);
    }

    @Override
    RetryPolicy retries(StepOptions options) {
      return options.confirmation();
    }

    @Override
    State aside() {
      return State.CONFIRMING;
    }
  }
}
