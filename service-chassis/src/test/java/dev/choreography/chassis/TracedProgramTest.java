// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.local.Database;
import dev.choreography.local.LocalEnvironment;
import io.opentelemetry.api.OpenTelemetry;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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

  /** Runs a program to where its participant would be started, and ends it there. */
  private void run(String databaseName, Map<String, String> settings) throws Exception {
    Database database = environment.createDatabase(databaseName);
    Map<String, String> all = new HashMap<>(SettingTest.REQUIRED);
    all.put("HTTP_PORT", "0");
    all.put("DATABASE_URL", database.jdbcUrl());
    all.put("DATABASE_USER", database.user());
    all.put("DATABASE_PASSWORD", database.password());
    all.putAll(settings);
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    ServiceProgram.run(
        "flight-service",
        List.of(),
        all,
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
