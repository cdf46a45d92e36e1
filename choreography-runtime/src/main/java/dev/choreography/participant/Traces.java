// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import dev.choreography.Choreography;
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
        builder(
                step + " " + beginning.what(),
                beginning.step().choreography(),
                beginning.sagaId(),
                beginning.at())
            .setSpanKind(SpanKind.CONSUMER)
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
        builder(choreography.name() + " start", choreography, sagaId, at)
            .setSpanKind(SpanKind.PRODUCER)
            .setNoParent();
    return new Begun(builder.startSpan(), at);
  }

  private SpanBuilder builder(String name, Choreography choreography, String sagaId, Instant at) {
    return tracer
        .spanBuilder(name)
        .setStartTimestamp(at)
        .setAttribute(SAGA, sagaId)
        .setAttribute(CHOREOGRAPHY, choreography.name())
        .setAttribute(VERSION, (long) choreography.version())
        .setAttribute(PARTICIPANT, participant);
  }

  /** The first that is valid is the parent, the others are links. */
  private static void continueAll(SpanBuilder builder, List<String> contexts) {
    boolean continues = false;
    for (String text : contexts) {
      Context context =
          W3CTraceContextPropagator.getInstance()
              .extract(Context.root(), text, TraceParentAlone.GETTER);
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
    return context.isValid()
        ? "00-%s-%s-%s"
            .formatted(context.getTraceId(), context.getSpanId(), context.getTraceFlags().asHex())
        : null;
  }

  /** A span of ours. */
  private record Begun(Span span, Instant started) implements Tracing.Traced {

    @Override
    public @Nullable String traceParent() {
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
    }
  }

  /** The text is all there is. */
  private enum TraceParentAlone implements TextMapGetter<String> {
    GETTER;

    @Override
    public Iterable<String> keys(String text) {
      return List.of(EventHeaders.TRACE_PARENT);
    }

    @Override
    public @Nullable String get(@Nullable String text, String key) {
      return key.equals(EventHeaders.TRACE_PARENT) ? text : null;
    }
  }
}
