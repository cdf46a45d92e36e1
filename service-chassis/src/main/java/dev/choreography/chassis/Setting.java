// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import dev.choreography.RetryPolicy;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An environment variable that the services read. All of them are here, and nothing else is. */
enum Setting {
  KAFKA_BOOTSTRAP_SERVERS(Form.ADDRESSES, "required", "Kafka: host:port, several with commas"),
  SCHEMA_REGISTRY_URL(
      Form.HTTP_URL, "required", "Schema registry, with the path of its Confluent API"),
  KAFKA_CONFIG_FILE(
      Form.TEXT,
      "",
      "Properties of Kafka's clients and the serde beyond these, for secured clusters"),
  DATABASE_URL(
      Form.JDBC_URL, "required", "The service's own database: jdbc:postgresql://host:port/name"),
  DATABASE_USER(Form.TEXT, "required", "The role that owns the database"),
  DATABASE_PASSWORD(Form.TEXT, "", "Its password"),
  REPLACES_DATABASE(
      Form.UUID,
      "",
      "The identity of the database that this one replaces, as the refused start told it"),
  HTTP_PORT(Form.PORT, "8080", "Where /health answers; 0 takes a free port, which the log names"),
  START_PATIENCE(
      Form.COUNT, "300", "Seconds that the start waits for Kafka, registry and database to answer"),
  LOG_FORMAT(Form.LOG_FORMAT, "plain", "plain or json"),
  OTEL_EXPORTER_OTLP_ENDPOINT(
      Form.HTTP_URL,
      "",
      "Where spans are sent by OTLP over HTTP, such as http://localhost:4318; empty for nowhere"),
  INVENTORY_SIZE(
      Form.COUNT,
      "200",
      "Seats a flight, rooms a hotel and night, cars a location; read when the inventory is created"),
  FAILURE_RATE(Form.RATE, "0", "Share of the sagas that are rejected at random, 0 to 1"),
  TECHNICAL_ERROR_RATE(
      Form.RATE, "0", "Share of the attempts to book that end in an error, 0 to 1"),
  COMPENSATION_ERROR_RATE(
      Form.RATE, "0", "Share of the attempts to undo a booking that end in an error, 0 to 1"),
  EXECUTION_ATTEMPTS(
      Form.ATTEMPTS,
      Integer.toString(RetryPolicy.defaults().attempts()),
      "How often a booking that ends in an error is tried in all"),
  FAILURE_SEED(Form.NUMBER, "0", "The same seed lets the same sagas fail");

  private static final String REQUIRED = "required";

  private final Form form;
  private final String ifUnset;
  private final String meaning;

  Setting(Form form, String ifUnset, String meaning) {
    this.form = form;
    this.ifUnset = ifUnset;
    this.meaning = meaning;
  }

  boolean isRequired() {
    return ifUnset.equals(REQUIRED);
  }

  /** What counts where nothing is set. */
  String ifUnset() {
    return ifUnset;
  }

  /** A sentence, where the value cannot be used. */
  Optional<String> problem(String value) {
    return value.matches(form.pattern)
        ? Optional.empty()
        : Optional.of("%s is '%s', expected %s".formatted(name(), value, form.expected));
  }

  /** All of them, as Markdown that is also readable in a terminal. */
  static String table() {
    List<String> rows =
        Arrays.stream(values())
            .map(s -> row(s.name(), s.ifUnset.isEmpty() ? "empty" : s.ifUnset, s.meaning))
            .toList();
    return Stream.concat(
            Stream.of(row("variable", "default", "meaning"), row("---", "---", "---")),
            rows.stream())
        .collect(Collectors.joining("\n", "", "\n"));
  }

  private static String row(String name, String value, String meaning) {
    return "| %-27s | %-8s | %s |".formatted(name, value, meaning);
  }

  /** What a value looks like. */
  private enum Form {
    TEXT("some text", ".*"),
    ADDRESSES("host:port, several with commas", "[^\\s,/]+:\\d+(,[^\\s,/]+:\\d+)*"),
    HTTP_URL("a URL that begins with http:// or https://", "https?://\\S+"),
    JDBC_URL("jdbc:postgresql://host:port/name", "jdbc:postgresql:\\S+"),
    UUID(
        "a UUID such as 6f1c2a34-0000-4000-8000-0123456789ab",
        "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    PORT(
        "a port from 0 to 65535",
        "\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}|65[0-4]\\d{2}|655[0-2]\\d|6553[0-5]"),
    LOG_FORMAT("plain or json", "plain|json"),
    COUNT("a whole number from 0 to 999999999", "\\d{1,9}"),
    ATTEMPTS("a whole number from 1 to 999", "[1-9]\\d{0,2}"),
    RATE("a number from 0 to 1, such as 0.15", "0|1|0?\\.\\d+|1\\.0*"),
    NUMBER("a whole number of at most 18 digits", "-?\\d{1,18}");

    private final String expected;
    private final String pattern;

    Form(String expected, String pattern) {
      this.expected = expected;
      this.pattern = pattern;
    }
  }
}
