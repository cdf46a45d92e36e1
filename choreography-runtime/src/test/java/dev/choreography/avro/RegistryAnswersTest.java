// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.choreography.engine.EventCodec.UnreadableException;
import dev.choreography.engine.Trouble;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.testbed.RegistryGate;
import dev.choreography.testevents.Started;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of a registry, and others that are none although their status is 200. */
class RegistryAnswersTest {

  private static final Started EVENT = new Started("saga", "gö");
  private static final byte[] BYTES = HexFormat.of().parseHex("00000000070873616761" + "0667c3b6");

  private final RegistryGate gate = RegistryGate.alone();

  @BeforeAll
  static void trust() {
    EventClasses.trust(List.of(Started.class));
  }

  @AfterEach
  void close() {
    gate.close();
  }

  private KafkaCodec codec() {
    Properties properties = new Properties();
    properties.setProperty("schema.registry.url", gate.url());
    return new KafkaCodec(KafkaSettings.of(properties));
  }

  private void answersAsItShould() throws IOException {
    gate.answers(
        200,
        new ObjectMapper()
            .writeValueAsString(
                Map.of("id", 7, "schema", PlainSchema.of(Started.getClassSchema()))));
  }

  private GenericRecord generic() {
    return new GenericRecordBuilder(Started.getClassSchema())
        .set("saga_id", "saga")
        .set("payload", "gö")
        .build();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "7",
        "[]",
        "{}",
        "OK",
        "<html><body>Down for maintenance</body></html>",
        "{\"status\": \"maintenance\"}",
        "{\"id\": null}",
        "{\"id\": 0}",
        "{\"id\": -7}",
        "{\"id\": 7.5}",
        "{\"id\": \"7\"}",
        "{\"id\": 99999999999}",
        "{\"id\": true}"
      })
  void what_holds_no_id_means_wait_and_is_not_remembered(String body) throws Exception {
    gate.answers(200, body);
    KafkaCodec codec = codec();
    assertThatThrownBy(() -> codec.encode("started", EVENT))
        .isInstanceOf(Trouble.class)
        .hasMessageContaining("no answer");
    GenericAvroSerializer serializer = new GenericAvroSerializer();
    serializer.configure(Map.of("schema.registry.url", gate.url()), false);
    assertAway(() -> serializer.serialize("started", generic()));

    answersAsItShould();
    assertThat(codec.encode("started", EVENT)).isEqualTo(BYTES);
    assertThat(serializer.serialize("started", generic())).isEqualTo(BYTES);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{}",
        "<html><body>Down for maintenance</body></html>",
        "{\"status\": \"maintenance\"}",
        "{\"schema\": null}",
        "{\"schema\": \"\"}",
        "{\"schema\": 7}",
        "{\"schema\": {\"type\": \"string\"}}",
        "{\"schema\": \"down for maintenance\"}"
      })
  void what_holds_no_schema_means_wait_and_makes_no_dead_letter(String body) throws Exception {
    gate.answers(200, body);
    KafkaCodec codec = codec();
    assertThatThrownBy(() -> codec.decode("started", BYTES))
        .isInstanceOf(Trouble.class)
        .hasMessageContaining("no answer");
    GenericAvroDeserializer deserializer = new GenericAvroDeserializer();
    deserializer.configure(Map.of("schema.registry.url", gate.url()), false);
    assertAway(() -> deserializer.deserialize("started", BYTES));
    RegisteredSchemas schemas =
        RegisteredSchemas.configured(Map.of("schema.registry.url", gate.url()));
    assertAway(() -> schemas.newest("started"));

    answersAsItShould();
    assertThat(codec.decode("started", BYTES)).isEqualTo(EVENT);
    assertThat(deserializer.deserialize("started", BYTES)).hasToString(generic().toString());
    assertThat(schemas.newest("started")).isPresent();
  }

  @ParameterizedTest
  @ValueSource(ints = {201, 202, 204, 206, 301, 302, 303, 307, 308})
  void another_success_and_a_redirection_mean_wait(int status) throws Exception {
    gate.answers(
        request ->
            request.path().equals("/login")
                ? new RegistryGate.Answer(200, "{\"id\": 9, \"schema\": \"\\\"string\\\"\"}")
                : new RegistryGate.Answer(status, ""));
    KafkaCodec codec = codec();
    assertThatThrownBy(() -> codec.encode("started", EVENT)).isInstanceOf(Trouble.class);
    assertThatThrownBy(() -> codec.decode("started", BYTES)).isInstanceOf(Trouble.class);
    answersAsItShould();
    assertThat(codec.encode("started", EVENT)).isEqualTo(BYTES);
    assertThat(codec.decode("started", BYTES)).isEqualTo(EVENT);
  }

  @Test
  void a_no_is_not_remembered_either() throws Exception {
    gate.answers(404, "{\"error_code\": 40403, \"message\": \"Schema 7 not found\"}");
    KafkaCodec codec = codec();
    assertThatThrownBy(() -> codec.decode("started", BYTES))
        .isInstanceOf(UnreadableException.class)
        .hasMessageContaining("Schema 7 not found");
    answersAsItShould();
    assertThat(codec.decode("started", BYTES)).isEqualTo(EVENT);
  }

  @Test
  void a_schema_that_this_avro_does_not_take_is_unreadable_and_does_not_stop_the_partition()
      throws Exception {
    gate.answers(
        200, "{\"schema\": \"{\\\"type\\\": \\\"record\\\", \\\"name\\\": \\\"no-name\\\"}\"}");
    KafkaCodec codec = codec();
    assertThatThrownBy(() -> codec.decode("started", BYTES))
        .isInstanceOf(UnreadableException.class)
        .hasMessageContaining("no Avro schema");
    answersAsItShould();
    assertThat(codec.decode("started", BYTES)).isEqualTo(EVENT);
  }

  @Test
  void only_a_subject_that_is_unknown_has_no_newest_schema() {
    RegisteredSchemas schemas =
        RegisteredSchemas.configured(Map.of("schema.registry.url", gate.url()));
    gate.answers(404, "{\"error_code\": 40401, \"message\": \"Subject not found\"}");
    assertThat(schemas.newest("started")).isEmpty();
    gate.answers(422, "{\"error_code\": 42202, \"message\": \"Invalid version\"}");
    assertThatThrownBy(() -> schemas.newest("started"))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("Invalid version");
  }

  private static void assertAway(Runnable asking) {
    assertThatThrownBy(asking::run)
        .isInstanceOf(SerializationException.class)
        .hasCauseInstanceOf(IOException.class);
  }
}
