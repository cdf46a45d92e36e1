// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(60)
class TraceExportTest {

  @Test
  void what_was_traced_has_arrived_at_the_collector_when_the_program_ends() throws Exception {
    try (Collector collector = Collector.answering(200)) {
      try (TraceExport export = TraceExport.to(collector.url() + "/", "flight-service")) {
        trace(export, "flight execute");
      }
      Collector.Request request = collector.next();
      assertThat(request.path()).isEqualTo("/v1/traces");
      assertThat(request.contentType()).isEqualTo("application/x-protobuf");
      assertThat(request.body()).contains("service.name", "flight-service", "flight execute");
    }
  }

  @Test
  void a_collector_that_refuses_and_then_is_away_is_one_line_in_the_log() throws Exception {
    Lines lines = new Lines();
    Logger log = (Logger) LoggerFactory.getLogger(TraceExport.class);
    lines.start();
    log.addAppender(lines);
    Collector collector = Collector.answering(400);
    try (TraceExport export = TraceExport.to(collector.url(), "flight-service")) {
      trace(export, 5_000, "refused");
      ILoggingEvent line = lines.told.poll(20, TimeUnit.SECONDS);
      assertThat(line).isNotNull();
      assertThat(line.getLevel()).isEqualTo(Level.WARN);
      assertThat(line.getFormattedMessage())
          .contains("spans are not exported", collector.url() + "/v1/traces");
      collector.close();
      trace(export, 5_000, "unheard");
    } finally {
      collector.close();
      log.detachAppender(lines);
    }
    assertThat(lines.told)
        .extracting(ILoggingEvent::getFormattedMessage)
        .noneMatch(text -> text.contains("spans are not exported"));
  }

  private static void trace(TraceExport export, int times, String name) {
    for (int i = 0; i < times; i++) {
      trace(export, name);
    }
  }

  private static void trace(TraceExport export, String name) {
    export.telemetry().getTracer("test").spanBuilder(name).startSpan().end();
  }

  private static final class Lines extends AppenderBase<ILoggingEvent> {
    private final BlockingQueue<ILoggingEvent> told = new LinkedBlockingQueue<>();

    @Override
    protected void append(ILoggingEvent line) {
      told.add(line);
    }
  }
}
