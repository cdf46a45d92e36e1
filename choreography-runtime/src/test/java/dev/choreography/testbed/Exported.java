// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.protocol.EventHeaders;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The spans that are exported, and what they are said to be. Safe for use by several threads. */
public final class Exported {

  private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
  private final OpenTelemetrySdk telemetry =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                  .build())
          .build();

  /** Exports to here. */
  public OpenTelemetrySdk telemetry() {
    return telemetry;
  }

  /** All so far, in the order in which they were exported. */
  public List<SpanData> all() {
    return exporter.getFinishedSpanItems();
  }

  /** Those of one saga. */
  public List<SpanData> of(String sagaId) {
    return all().stream().filter(span -> sagaId.equals(attribute(span, "saga.id"))).toList();
  }

  /** What was done for a saga: {@code name event outcome}. */
  public List<String> told(String sagaId) {
    return of(sagaId).stream()
        .map(
            span ->
                "%s %s %s"
                    .formatted(
                        span.getName(),
                        attribute(span, "saga.event"),
                        attribute(span, "saga.outcome")))
        .toList();
  }

  /** The only one of this name. */
  public SpanData one(String sagaId, String name) {
    List<SpanData> found = of(sagaId).stream().filter(span -> span.getName().equals(name)).toList();
    assertThat(found).as("%s of %s", name, sagaId).hasSize(1);
    return found.get(0);
  }

  /** The value of a text attribute. */
  public static String attribute(SpanData span, String key) {
    return String.valueOf(span.getAttributes().get(AttributeKey.stringKey(key)));
  }

  /** The trace context that whoever continues this span is given. */
  public static String context(SpanData span) {
    return "00-%s-%s-%s"
        .formatted(
            span.getTraceId(), span.getSpanId(), span.getSpanContext().getTraceFlags().asHex());
  }

  /**
   * Asserts that all of a saga is one trace, and that the parent of what emitted an event is what
   * emitted the event that led to it.
   *
   * @param events the headers of all that was emitted for the saga
   */
  public void isOneTraceAsCaused(String sagaId, List<Map<String, String>> events) {
    List<SpanData> spans = of(sagaId);
    assertThat(spans.stream().map(SpanData::getTraceId).distinct()).hasSize(1);
    Map<String, SpanData> byContext =
        spans.stream().collect(Collectors.toMap(Exported::context, span -> span));
    Map<String, String> contexts =
        events.stream()
            .collect(
                Collectors.toMap(
                    event -> event.get(EventHeaders.ID),
                    event -> event.get(EventHeaders.TRACE_PARENT)));
    for (Map<String, String> event : events) {
      String id = event.get(EventHeaders.ID);
      assertThat(byContext).as("the span that emitted %s", id).containsKey(contexts.get(id));
      SpanData span = Objects.requireNonNull(byContext.get(contexts.get(id)));
      assertThat(attribute(span, "saga.event")).isEqualTo(event.get(EventHeaders.TYPE));
      assertThat(attribute(span, "saga.participant")).isEqualTo(event.get(EventHeaders.SOURCE));
      String cause = event.get(EventHeaders.CAUSATION);
      if (contexts.containsKey(cause)) {
        assertThat(span.getParentSpanId())
            .as("the parent of what emitted %s is what emitted %s", id, cause)
            .isEqualTo(Objects.requireNonNull(byContext.get(contexts.get(cause))).getSpanId());
      }
    }
  }
}
