// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.choreography.chassis.Settings.InvalidSettingsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingTest {

  static final Map<String, String> REQUIRED =
      Map.of(
          "KAFKA_BOOTSTRAP_SERVERS", "localhost:9092",
          "SCHEMA_REGISTRY_URL", "http://localhost:8081",
          "DATABASE_URL", "jdbc:postgresql://localhost:5432/flight",
          "DATABASE_USER", "flight");

  @Test
  void the_readme_has_the_table_of_the_code() throws IOException {
    assertThat(Files.readString(Path.of("README.md"))).contains("\n\n" + Setting.table() + "\n");
  }

  @Test
  void what_is_not_required_has_its_default() throws Exception {
    Settings settings = Settings.from(REQUIRED);

    assertThat(settings.text(Setting.DATABASE_USER)).isEqualTo("flight");
    assertThat(settings.text(Setting.DATABASE_PASSWORD)).isEmpty();
    assertThat(settings.count(Setting.HTTP_PORT)).isEqualTo(8080);
    assertThat(settings.count(Setting.INVENTORY_SIZE)).isEqualTo(200);
    assertThat(settings.rate(Setting.FAILURE_RATE)).isZero();
    assertThat(settings.rate(Setting.TECHNICAL_ERROR_RATE)).isZero();
    assertThat(settings.rate(Setting.COMPENSATION_ERROR_RATE)).isZero();
    assertThat(settings.count(Setting.EXECUTION_ATTEMPTS)).isEqualTo(5);
    assertThat(settings.number(Setting.FAILURE_SEED)).isZero();
  }

  @Test
  void every_problem_is_told_at_once() {
    Map<String, String> environment = new HashMap<>(REQUIRED);
    environment.put("DATABASE_USER", "");
    environment.put("HTTP_PORT", "65536");
    environment.put("FAILURE_RATE", "30%");

    InvalidSettingsException refused =
        catchThrowableOfType(InvalidSettingsException.class, () -> Settings.from(environment));

    assertThat(refused.problems())
        .containsExactly(
            "DATABASE_USER is not set, and is required",
            "HTTP_PORT is '65536', expected a port from 0 to 65535",
            "FAILURE_RATE is '30%', expected a number from 0 to 1, such as 0.15");
  }

  @ParameterizedTest
  @CsvSource({
    "KAFKA_BOOTSTRAP_SERVERS, 'a:1,[::1]:2'",
    "DATABASE_URL, jdbc:postgresql://db/flight?sslmode=require",
    "REPLACES_DATABASE, 6f1c2a34-0000-4000-8000-0123456789AB",
    "HTTP_PORT, 0",
    "HTTP_PORT, 65535",
    "LOG_FORMAT, json",
    "INVENTORY_SIZE, 100000",
    "FAILURE_RATE, 1",
    "FAILURE_RATE, .5",
    "TECHNICAL_ERROR_RATE, 1.0",
    "FAILURE_SEED, -7"
  })
  void these_values_are_taken(Setting setting, String value) {
    assertThat(setting.problem(value)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "KAFKA_BOOTSTRAP_SERVERS, localhost",
    "SCHEMA_REGISTRY_URL, localhost:8081",
    "DATABASE_URL, postgres://localhost/flight",
    "REPLACES_DATABASE, yes",
    "LOG_FORMAT, xml",
    "INVENTORY_SIZE, -1",
    "FAILURE_RATE, 1.1",
    "FAILURE_RATE, NaN",
    "EXECUTION_ATTEMPTS, 0",
    "FAILURE_SEED, seven"
  })
  void these_are_not(Setting setting, String value) {
    assertThat(setting.problem(value)).isPresent();
  }
}
