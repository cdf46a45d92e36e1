// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.testbed.Exported;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.Topic;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Three participants with a database each, real Kafka between them, and what they trace. */
@ExtendWith(RealPrograms.class)
class TraceOfThreeTest {

  private static final List<String> EVENTS =
      List.of(
          "started",
          "completed_a",
          "completed_b",
          "completed_c",
          "failed_c",
          "compensated_b",
          "compensated_a");

  @Test
  void one_that_completes_and_one_that_is_undone_are_one_trace_each_as_their_events_were_caused(
      LocalEnvironment environment) throws Exception {
    Exported exported = new Exported();
    Properties kafka = RealPrograms.kafka(environment);
    Three.create(kafka);
    Span request = exported.telemetry().getTracer("author").spanBuilder("POST /trips").startSpan();
    RealPrograms.release(kafka, "trace-a");
    try (HikariDataSource a = RealPrograms.pool(environment.createDatabase("trace_a"));
        HikariDataSource b = RealPrograms.pool(environment.createDatabase("trace_b"));
        HikariDataSource c = RealPrograms.pool(environment.createDatabase("trace_c"));
        Participant first = Three.participant("a", a, kafka).traces(exported.telemetry()).start();
        Participant second = Three.participant("b", b, kafka).traces(exported.telemetry()).start();
        Participant third = Three.participant("c", c, kafka).traces(exported.telemetry()).start();
        Topic topics = Topic.on(kafka)) {
      try (Scope within = request.makeCurrent()) {
        assertThat(within).isNotNull();
        Three.start(first, a, "trace-good");
      }
      Three.start(first, a, Three.REJECTED);
      Awaitility.await("both sagas have ended")
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(exported.all())
                      .extracting(span -> span.getName() + " " + id(span))
                      .contains("a confirm trace-good", "a compensate " + Three.REJECTED));
      assertThat(second.health().up() && third.health().up()).isTrue();

      SpanData execute = exported.one("trace-good", "a execute");
      assertThat(execute.getParentSpanId()).isEqualTo(request.getSpanContext().getSpanId());
      assertThat(execute.getTraceId()).isEqualTo(request.getSpanContext().getTraceId());
      List<Map<String, String>> good = headers(topics, "trace-good");
      assertThat(good).extracting(event -> event.get(EventHeaders.TYPE)).startsWith("started");
      exported.isOneTraceAsCaused("trace-good", good.subList(1, good.size()));

      assertThat(exported.told(Three.REJECTED))
          .containsExactly(
              "traced start started started",
              "a execute completed_a completed",
              "b execute completed_b completed",
              "c execute failed_c rejected",
              "b compensate compensated_b compensated",
              "a compensate compensated_a compensated");
      assertThat(exported.one(Three.REJECTED, "traced start").getKind())
          .isEqualTo(SpanKind.PRODUCER);
      exported.isOneTraceAsCaused(Three.REJECTED, headers(topics, Three.REJECTED));
      request.end();
    }
  }

  @Test
  void a_participant_that_is_not_traced_needs_nothing_of_open_telemetry(
      LocalEnvironment environment, @TempDir Path folder) throws Exception {
    Properties kafka = RealPrograms.kafka(environment);
    Three.create(kafka);
    Database database = environment.createDatabase("untraced");
    RealPrograms.release(kafka, "trace-a");
    String classPath =
        Arrays.stream(
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path"))
                    .split(File.pathSeparator, -1))
            .filter(entry -> !entry.contains("opentelemetry"))
            .collect(Collectors.joining(File.pathSeparator));
    Path said = folder.resolve("said.txt");
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                Three.class.getName(),
                database.jdbcUrl(),
                database.user(),
                database.password(),
                environment.bootstrapServers(),
                environment.registryUrl())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    try {
      assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(said)).isZero();
      assertThat(Files.readString(said)).contains("it has run");
    } finally {
      process.destroyForcibly();
    }
  }

  private static String id(SpanData span) {
    return Exported.attribute(span, "saga.id");
  }

  private static List<Map<String, String>> headers(Topic topics, String sagaId) {
    List<Map<String, String>> found = new ArrayList<>();
    for (String topic : EVENTS) {
      for (ConsumerRecord<byte[], byte[]> record : topics.records(topic, sagaId)) {
        Map<String, String> headers = new HashMap<>();
        for (Header header : record.headers()) {
          headers.put(header.key(), String.valueOf(Topic.header(record, header.key())));
        }
        found.add(headers);
      }
    }
    return found;
  }
}
