// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends spans to a collector by OTLP over HTTP, from a thread of its own. Those that it cannot be
 * given are lost, and nobody waits for them.
 */
final class TraceExport implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(TraceExport.class);

  /** How long the service waits at its end; until then nobody does. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** Some seconds of a busy service, and few megabytes; what is more than that is lost. */
  private static final int QUEUE = 16_384;

  /**
   * The exporter tells of each failure here, which {@link Told} does once. Kept from collection.
   */
  private static final java.util.logging.Logger LOUD =
      java.util.logging.Logger.getLogger("io.opentelemetry.exporter");

  private final SdkTracerProvider provider;
  private final OpenTelemetrySdk telemetry;

  private TraceExport(SdkTracerProvider provider) {
    this.provider = provider;
    this.telemetry = OpenTelemetrySdk.builder().setTracerProvider(provider).build();
  }

  /**
   * Begins.
   *
   * @param collector its base URL, without the path {@code /v1/traces}
   * @param service the {@code service.name} of the spans
   */
  static TraceExport to(String collector, String service) {
    LOUD.setLevel(Level.OFF);
    String endpoint = collector.replaceFirst("/+$", "") + "/v1/traces";
    SpanExporter exporter = OtlpHttpSpanExporter.builder().setEndpoint(endpoint).build();
    return new TraceExport(
        SdkTracerProvider.builder()
            .setResource(
                Resource.getDefault()
                    .merge(
                        Resource.create(
                            Attributes.of(AttributeKey.stringKey("service.name"), service))))
            .addSpanProcessor(
                BatchSpanProcessor.builder(new Told(exporter, endpoint))
                    .setMaxQueueSize(QUEUE)
                    .build())
            .build());
  }

  OpenTelemetry telemetry() {
    return telemetry;
  }

  /** Sends what is left. */
  @Override
  public void close() {
    if (!provider.shutdown().join(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).isSuccess()) {
      LOG.warn("outcome=lost: the last spans were not exported");
    }
  }

  /** Says once that the collector is away, and once that it is there again. */
  private static final class Told implements SpanExporter {
    private final SpanExporter exporter;
    private final String endpoint;
    private boolean away;

    private Told(SpanExporter exporter, String endpoint) {
      this.exporter = exporter;
      this.endpoint = endpoint;
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
      CompletableResultCode result = exporter.export(spans);
      return result.whenComplete(() -> tell(result.isSuccess()));
    }

    private synchronized void tell(boolean sent) {
      if (!sent && !away) {
        LOG.warn("outcome=lost: spans are not exported, {} does not take them", endpoint);
      } else if (sent && away) {
        LOG.info("outcome=exported: {} takes spans again", endpoint);
      }
      away = !sent;
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }
  }
}
