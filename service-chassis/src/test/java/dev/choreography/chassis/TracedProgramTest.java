// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.participant.Participant;
import io.opentelemetry.api.OpenTelemetry;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One setting decides whether a service is traced. */
class TracedProgramTest {

  private static LocalEnvironment environment;

  private final AtomicReference<@Nullable OpenTelemetry> given = new AtomicReference<>();

  @BeforeAll
  static void open() {
    environment = LocalEnvironment.start();
  }

  @AfterAll
  static void close() {
    environment.close();
  }

  @Test
  void what_a_service_traces_arrives_where_the_setting_says() throws Exception {
    try (Collector collector = Collector.answering(200)) {
      run("traced", Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()));
      assertThat(collector.next().body()).contains("flight-service", "flight execute");
    }
  }

  @Test
  void without_it_a_service_is_not_traced() throws Exception {
    run("untraced", Map.of());
    assertThat(given).hasValue(null);
  }

  @Test
  void without_it_no_class_of_open_telemetry_is_loaded(@TempDir Path folder) throws Exception {
    assertThat(
            loaded(
                folder.resolve("with"),
                Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1")))
        .contains("io.opentelemetry.sdk.OpenTelemetrySdk");
    assertThat(loaded(folder.resolve("without"), Map.of()))
        .contains("dev.choreography.participant.ParticipantBuilder")
        .noneMatch(name -> name.startsWith("io.opentelemetry."));
  }

  /** What a program loads in a JVM of its own until its participant is refused. */
  private static List<String> loaded(Path classes, Map<String, String> settings) throws Exception {
    Path out = classes.resolveSibling(classes.getFileName() + ".log");
    ProcessBuilder child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xlog:class+load:file=" + classes,
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    child.environment().remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    child.environment().putAll(settings("loading_" + classes.getFileName(), settings));
    Process program = child.start();
    try {
      assertThat(program.waitFor(3, TimeUnit.MINUTES)).as("it ends").isTrue();
    } finally {
      program.destroyForcibly();
    }
    assertThat(Files.readString(out)).contains("hosts(...)");
    return Files.readAllLines(classes).stream()
        .map(line -> line.replaceFirst("^(\\[[^]]*])+ *", "").replaceFirst(" .*", ""))
        .toList();
  }

  /** A service as far as it comes without a step. */
  static final class Child {
    private Child() {}

    /** Refused. */
    public static void main(String[] args) {
      ServiceProgram.run(
          "flight-service",
          args,
          program ->
              Participant.named("flight-service")
                  .database(program.database())
                  .kafka(program.kafka())
                  .meters(program.meters())
                  .traces(program.traces())
                  .start());
    }
  }

  private static Map<String, String> settings(String databaseName, Map<String, String> settings) {
    Database database = environment.createDatabase(databaseName);
    Map<String, String> all = new HashMap<>(SettingTest.REQUIRED);
    all.put("HTTP_PORT", "0");
    all.put("DATABASE_URL", database.jdbcUrl());
    all.put("DATABASE_USER", database.user());
    all.put("DATABASE_PASSWORD", database.password());
    all.putAll(settings);
    return all;
  }

  /** Runs a program to where its participant would be started, and ends it there. */
  private void run(String databaseName, Map<String, String> settings) throws Exception {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    ServiceProgram.run(
        "flight-service",
        List.of(),
        settings(databaseName, settings),
        program -> {
          OpenTelemetry traces = program.traces();
          given.set(traces);
          if (traces != null) {
            traces.getTracer("test").spanBuilder("flight execute").startSpan().end();
          }
          throw new IllegalStateException("that was all");
        },
        new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
        new PrintStream(err, true, UTF_8));
    assertThat(err.toString(UTF_8)).contains("that was all");
  }
}
