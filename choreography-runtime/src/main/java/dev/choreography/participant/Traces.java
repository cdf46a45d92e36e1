// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import dev.choreography.Choreography;
import dev.choreography.engine.HostedStep;
import dev.choreography.engine.Journal;
import dev.choreography.engine.Tracing;
import dev.choreography.protocol.EventHeaders;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a participant does, as OpenTelemetry has it: a span named {@code <step> <what>} for each
 * thing that a step does, and {@code <choreography> start} for each saga that is started where no
 * span is current. Its context goes with the event into the outbox, so that whoever publishes that
 * row continues the trace. A span that is never ended is never exported.
 */
final class Traces implements Tracing {

  private static final AttributeKey<String> SAGA = AttributeKey.stringKey("saga.id");
  private static final AttributeKey<String> STEP = AttributeKey.stringKey("saga.step");
  private static final AttributeKey<String> EVENT = AttributeKey.stringKey("saga.event");
  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("saga.outcome");
  private static final AttributeKey<String> CAUSE = AttributeKey.stringKey("saga.cause");
  private static final AttributeKey<String> CHOREOGRAPHY =
      AttributeKey.stringKey("saga.choreography");
  private static final AttributeKey<Long> VERSION = AttributeKey.longKey("saga.version");
  private static final AttributeKey<String> PARTICIPANT =
      AttributeKey.stringKey("saga.participant");

  private final Tracer tracer;
  private final String participant;

  Traces(OpenTelemetry telemetry, String participant) {
    this.tracer = telemetry.getTracer("dev.choreography");
    this.participant = participant;
  }

  @Override
  public Tracing.Traced begin(Beginning beginning) {
    String step = beginning.step().step().name();
    SpanBuilder builder =
        builder(step + " " + beginning.what(), beginning.step().choreography(), beginning.at())
            .setSpanKind(SpanKind.CONSUMER)
            .setAttribute(SAGA, beginning.sagaId())
            .setAttribute(STEP, step);
    if (beginning.cause() != null) {
      builder.setAttribute(CAUSE, beginning.cause());
    }
    continueAll(builder, beginning.contexts());
    return new Begun(builder.startSpan(), beginning.at());
  }

  @Override
  public Tracing.Traced start(Choreography choreography, String sagaId, Instant at) {
    SpanContext current = Span.current().getSpanContext();
    if (current.isValid()) {
      return new PassedOn(at, text(current));
    }
    SpanBuilder builder =
        builder(choreography.name() + " start", choreography, at)
            .setSpanKind(SpanKind.PRODUCER)
            .setAttribute(SAGA, sagaId)
            .setNoParent();
    return new Begun(builder.startSpan(), at);
  }

  @Override
  public boolean together(
      HostedStep step, String what, List<Tracing.Traced> begun, Journal.Attempt call)
      throws Exception {
    if (begun.size() == 1) {
      return begun.get(0).during(call);
    }
    String name = step.step().name();
    SpanBuilder builder =
        builder(name + " " + what, step.choreography(), begun.get(0).started())
            .setAttribute(STEP, name)
            .setNoParent();
    begun.forEach(each -> builder.addLink(((Begun) each).span.getSpanContext()));
    Span span = builder.startSpan();
    ((Begun) begun.get(0)).endsWith(span);
    return Context.current().with(span).wrap(call::run).call();
  }

  private SpanBuilder builder(String name, Choreography choreography, Instant at) {
    return tracer
        .spanBuilder(name)
        .setStartTimestamp(at)
        .setAttribute(CHOREOGRAPHY, choreography.name())
        .setAttribute(VERSION, (long) choreography.version())
        .setAttribute(PARTICIPANT, participant);
  }

  /** The first that is valid is the parent, the others are links. */
  private static void continueAll(SpanBuilder builder, List<String> contexts) {
    boolean continues = false;
    for (String text : contexts) {
      Context context =
          W3CTraceContextPropagator.getInstance().extract(Context.root(), text, Headers.GETTER);
      SpanContext found = Span.fromContext(context).getSpanContext();
      if (found.isValid() && continues) {
        builder.addLink(found);
      } else if (found.isValid()) {
        builder.setParent(context);
        continues = true;
      }
    }
    if (!continues) {
      builder.setNoParent();
    }
  }

  private static @Nullable String text(SpanContext context) {
    if (!context.isValid()) {
      return null;
    }
    StringBuilder text = new StringBuilder("00-").append(context.getTraceId());
    text.append('-').append(context.getSpanId()).append('-');
    text.append(context.getTraceFlags().asHex());
    context
        .getTraceState()
        .forEach(
            (key, value) ->
                text.append(text.indexOf("=") < 0 ? STATE : ',').append(key + '=' + value));
    return text.toString();
  }

  /** A span of ours. */
  private static final class Begun implements Tracing.Traced {

    private final Span span;
    private final Instant started;
    private @Nullable Span call;

    Begun(Span span, Instant started) {
      this.span = span;
      this.started = started;
    }

    /** That of the call that was made for this one and others: committed is each or none. */
    void endsWith(Span together) {
      this.call = together;
    }

    @Override
    public Instant started() {
      return started;
    }

    @Override
    public @Nullable String context() {
      return text(span.getSpanContext());
    }

    @Override
    public boolean during(Journal.Attempt call) throws Exception {
      return Context.current().with(span).wrap(call::run).call();
    }

    @Override
    public void end(End end) {
      span.setAttribute(OUTCOME, end.outcome());
      if (end.event() != null) {
        span.setAttribute(EVENT, end.event());
      }
      if (end.error() != null) {
        span.setStatus(StatusCode.ERROR, end.error());
      }
      span.end(end.at());
      if (call != null) {
        call.end(end.at());
      }
    }
  }

  /** The text is all there is. */
  private enum Headers implements TextMapGetter<String> {
    GETTER;

    @Override
    public Iterable<String> keys(String text) {
      return List.of(EventHeaders.TRACE_PARENT, EventHeaders.TRACE_STATE);
    }

    @Override
    public @Nullable String get(@Nullable String text, String key) {
      int state = text == null ? -1 : text.indexOf(STATE);
      return switch (key) {
        case EventHeaders.TRACE_PARENT ->
            text == null || state < 0 ? text : text.substring(0, state);
        case EventHeaders.TRACE_STATE ->
            text == null || state < 0 ? null : text.substring(state + 1);
        default -> null;
      };
    }
  }
}
