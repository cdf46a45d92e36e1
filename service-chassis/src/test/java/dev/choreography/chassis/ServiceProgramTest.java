// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServiceProgramTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void help_prints_the_table() {
    assertThat(run(List.of("--help"), Map.of())).isZero();
    assertThat(out.toString(UTF_8)).contains(Setting.table());
  }

  @Test
  void an_argument_is_refused_with_what_to_do_instead() {
    assertThat(run(List.of("--port", "80"), SettingTest.REQUIRED)).isEqualTo(2);
    assertThat(err.toString(UTF_8).lines())
        .containsExactly(
            "flight-service takes no arguments, found --port 80: set environment variables, which --help lists.");
  }

  @Test
  void each_wrong_setting_is_a_sentence() {
    assertThat(run(List.of(), Map.of("HTTP_PORT", "http"))).isEqualTo(2);
    assertThat(err.toString(UTF_8).lines())
        .containsExactly(
            "flight-service: KAFKA_BOOTSTRAP_SERVERS is not set, and is required.",
            "flight-service: SCHEMA_REGISTRY_URL is not set, and is required.",
            "flight-service: DATABASE_URL is not set, and is required.",
            "flight-service: DATABASE_USER is not set, and is required.",
            "flight-service: HTTP_PORT is 'http', expected a port from 0 to 65535.");
  }

  @Test
  void a_database_that_is_away_is_one_sentence_and_no_stack_trace() {
    Map<String, String> environment = new HashMap<>(SettingTest.REQUIRED);
    environment.put("HTTP_PORT", "0");
    environment.put("START_PATIENCE", "0");
    environment.put("DATABASE_URL", "jdbc:postgresql://localhost:1/flight");

    assertThat(run(List.of(), environment)).isEqualTo(1);
    assertThat(err.toString(UTF_8).lines())
        .singleElement()
        .asString()
        .startsWith("flight-service: ")
        .contains("localhost:1 refused");
  }

  private int run(List<String> args, Map<String, String> environment) {
    return ServiceProgram.run(
        "flight-service",
        args,
        environment,
        program -> {
          throw new AssertionError("must not be reached");
        },
        new PrintStream(out, true, UTF_8),
        new PrintStream(err, true, UTF_8));
  }
}
