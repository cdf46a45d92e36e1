// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.choreography.control.Cancel;
import dev.choreography.control.Parked;
import dev.choreography.control.Resolve;
import dev.choreography.control.Retry;
import dev.choreography.engine.EventCodec.UnreadableException;
import dev.choreography.engine.Inbox;
import dev.choreography.engine.Trouble;
import dev.choreography.engine.UnwritableEventException;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.Started;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Avro in the registry's wire format, over a real registry. */
@ExtendWith(RealPrograms.class)
class SerdeTest {

  private static final String STARTED_AS_WRITTEN =
      """
      {"type": "record", "name": "Started", "namespace": "dev.choreography.testevents",
       "fields": [{"name": "saga_id", "type": "string"}, {"name": "payload", "type": "string"}]}
      """;

  /** CompletedA with a field more. */
  private static final String COMPLETED_A_EVOLVED =
      """
      {"type": "record", "name": "CompletedA", "namespace": "dev.choreography.testevents",
       "fields": [{"name": "saga_id", "type": "string"},
                  {"name": "price", "type": "long", "default": 0},
                  {"name": "result", "type": "string"}]}
      """;

  private static String registry;
  private static KafkaCodec codec;

  @BeforeAll
  static void open(LocalEnvironment environment) {
    EventClasses.trust(List.of(Started.class, CompletedA.class));
    EventClasses.trust(Inbox.CONTROL);
    registry = environment.registryUrl();
    codec = codec(registry);
  }

  private static KafkaCodec codec(String url) {
    Properties properties = new Properties();
    properties.setProperty("schema.registry.url", url);
    return new KafkaCodec(KafkaSettings.of(properties));
  }

  @Test
  void an_event_is_magic_byte_schema_id_and_avro() throws Exception {
    byte[] written = codec.encode("serde_golden", new Started("s-1", "gö"));
    int id = register("serde_golden-value", STARTED_AS_WRITTEN);
    String golden = "00" + "%08x".formatted(id) + "06732d31" + "0667c3b6";
    assertThat(HexFormat.of().formatHex(written)).isEqualTo(golden);
    assertThat(codec.decode("serde_golden", HexFormat.of().parseHex(golden)))
        .isEqualTo(new Started("s-1", "gö"));
  }

  @Test
  void the_registered_schema_is_the_one_in_the_avsc() throws Exception {
    int asWritten = register("serde_plain-value", STARTED_AS_WRITTEN);
    byte[] written = codec.encode("serde_plain", new Started("s", ""));
    assertThat(ByteBuffer.wrap(written, 1, 4).getInt()).isEqualTo(asWritten);
    assertThat(Started.getClassSchema().toString()).contains("avro.java.string");
    assertThat(get("/schemas/ids/" + asWritten)).doesNotContain("avro.java.string");
  }

  @Test
  void a_control_topic_carries_every_command() throws Exception {
    for (SpecificRecord command :
        List.of(
            new Cancel("s", "late", "ann"),
            new Parked("s", "a", 1, "no answer"),
            new Retry("s", "a", 1, "ann", "mended"),
            new Resolve("s", "a", 1, "ann", "done by hand"))) {
      byte[] written = codec.encode("serde_control", command);
      assertThat(codec.decode("serde_control", written)).isEqualTo(command);
    }
  }

  @Test
  void a_retry_of_before_it_had_a_reason_is_read_and_the_registry_takes_both() throws Exception {
    String before =
        """
        {"type": "record", "name": "Retry", "namespace": "dev.choreography.control", "fields": [
          {"name": "saga_id", "type": "string"}, {"name": "step", "type": "string"},
          {"name": "times", "type": "int"}, {"name": "who", "type": "string"}]}
        """;
    int id = register("serde_before_control-dev.choreography.control.Retry", before);
    byte[] written =
        bytes(
            id,
            new GenericRecordBuilder(new Schema.Parser().parse(before))
                .set("saga_id", "s")
                .set("step", "a")
                .set("times", 1)
                .set("who", "ann")
                .build());
    assertThat(codec.decode("serde_before_control", written))
        .isEqualTo(new Retry("s", "a", 1, "ann", ""));
    Retry now = new Retry("s", "a", 1, "ann", "mended");
    assertThat(codec.decode("serde_before_control", codec.encode("serde_before_control", now)))
        .isEqualTo(now);
  }

  @Test
  void an_event_of_a_later_schema_is_read_with_the_schema_known_here() throws Exception {
    codec.encode("serde_evolved", new CompletedA("s", "x"));
    int later = register("serde_evolved-value", COMPLETED_A_EVOLVED);
    Schema schema = new Schema.Parser().parse(COMPLETED_A_EVOLVED);
    byte[] written =
        bytes(
            later,
            new GenericRecordBuilder(schema)
                .set("saga_id", "s")
                .set("price", 700L)
                .set("result", "seat 1")
                .build());
    assertThat(codec.decode("serde_evolved", written)).isEqualTo(new CompletedA("s", "seat 1"));
  }

  @Test
  void a_registry_that_is_away_means_wait() throws Exception {
    byte[] written = codec.encode("serde_away", new Started("s", "go"));
    String nobody = "http://127.0.0.1:" + unusedPort();
    AvroDeserializer alone = new AvroDeserializer();
    alone.configure(Map.of("schema.registry.url", nobody), false);
    assertThatThrownBy(() -> alone.deserialize("serde_away", written))
        .isInstanceOf(SerializationException.class)
        .hasCauseInstanceOf(IOException.class);
    assertThatThrownBy(() -> codec(nobody).decode("serde_away", written))
        .isInstanceOf(Trouble.class)
        .hasMessageContaining(nobody);
    assertThatThrownBy(() -> codec(nobody).encode("serde_away", new Started("s", "go")))
        .isInstanceOf(Trouble.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 407, 408, 429, 500, 502, 503})
  void a_registry_that_does_not_let_us_in_or_has_trouble_means_wait(int status) throws Exception {
    HttpServer server = answering(status);
    try {
      String url = "http://127.0.0.1:" + server.getAddress().getPort();
      assertThatThrownBy(() -> codec(url).decode("t", new byte[] {0, 0, 0, 0, 1, 0, 0}))
          .isInstanceOf(Trouble.class)
          .hasMessageContaining("schema id 1");
      assertThatThrownBy(() -> codec(url).encode("t", new Started("s", "go")))
          .isInstanceOf(Trouble.class);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void a_registry_that_asks_who_we_are_is_told() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server
        .createContext("/", exchange -> answer(exchange, 200, "{\"id\": 7}"))
        .setAuthenticator(
            new BasicAuthenticator("registry") {
              @Override
              public boolean checkCredentials(String name, String password) {
                return name.equals("ann") && password.equals("a:b");
              }
            });
    server.start();
    try {
      Properties properties = new Properties();
      properties.setProperty(
          "schema.registry.url", "http://127.0.0.1:" + server.getAddress().getPort());
      assertThatThrownBy(
              () -> new KafkaCodec(KafkaSettings.of(properties)).encode("t", new Started("s", "")))
          .isInstanceOf(Trouble.class);
      properties.setProperty("basic.auth.user.info", "ann:a:b");
      assertThat(new KafkaCodec(KafkaSettings.of(properties)).encode("t", new Started("s", "")))
          .startsWith(0, 0, 0, 0, 7);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void a_schema_that_the_registry_refuses_is_no_failure_of_a_handler() throws Exception {
    register("serde_refused-value", "{\"type\": \"record\", \"name\": \"Other\", \"fields\": []}");
    assertThatThrownBy(() -> codec.encode("serde_refused", new Started("s", "go")))
        .isInstanceOf(UnwritableEventException.class)
        .hasMessageContaining("serde_refused-value")
        .hasMessageContaining("409");
  }

  @Test
  void bytes_that_are_no_event_are_unreadable() throws Exception {
    byte[] good = codec.encode("serde_bytes", new Started("saga", "payload"));
    for (int length = 0; length < good.length; length++) {
      assertUnreadable(Arrays.copyOf(good, length));
    }
    assertUnreadable(Arrays.copyOf(good, good.length + 1));
    assertUnreadable("{\"saga_id\": \"s\"}".getBytes(StandardCharsets.UTF_8));
    byte[] otherMagic = good.clone();
    otherMagic[0] = 1;
    assertUnreadable(otherMagic);
  }

  @Test
  void a_schema_that_lacks_what_ours_needs_is_unreadable() throws Exception {
    String lacking =
        "{\"type\": \"record\", \"name\": \"Started\", \"namespace\": \"dev.choreography.testevents\", \"fields\": [{\"name\": \"saga_id\", \"type\": \"string\"}]}";
    int id = register("serde_lacking-value", lacking);
    Schema schema = new Schema.Parser().parse(lacking);
    byte[] written = bytes(id, new GenericRecordBuilder(schema).set("saga_id", "s").build());
    assertThatThrownBy(() -> codec.decode("serde_bytes", written))
        .isInstanceOf(UnreadableException.class)
        .hasMessageContaining("payload");
  }

  /** Magic byte, four bytes of schema id, Avro: each string its length, zigzag, and its bytes. */
  @Test
  void the_bytes_are_those_that_confluents_serializer_writes_and_reads() throws Exception {
    HttpServer server = answering(200, "{\"id\": 258}");
    try {
      String url = "http://127.0.0.1:" + server.getAddress().getPort();
      assertThat(HexFormat.of().formatHex(codec(url).encode("t", new Started("saga", "gö"))))
          .isEqualTo("00" + "00000102" + "08" + "73616761" + "06" + "67c3b6");
    } finally {
      server.stop(0);
    }
    int id = register("serde_golden-value", STARTED_AS_WRITTEN);
    byte[] golden = HexFormat.of().parseHex("00%08x08736167610667c3b6".formatted(id));
    assertThat(codec.decode("serde_golden", golden)).isEqualTo(new Started("saga", "gö"));
  }

  @Test
  void what_anothers_registry_client_says_no_to_is_unreadable_and_its_absence_means_wait() {
    KafkaCodec foreign = codecWith(Answering.class);
    assertThatThrownBy(() -> foreign.decode("t", new byte[] {4, 4}))
        .isInstanceOf(UnreadableException.class);
    assertThatThrownBy(() -> foreign.decode("t", new byte[] {5, 3})).isInstanceOf(Trouble.class);
    assertThatThrownBy(() -> foreign.decode("t", new byte[] {4, 1}))
        .as("401 is said of us")
        .isInstanceOf(Trouble.class);
  }

  private static KafkaCodec codecWith(Class<?> deserializer) {
    Properties properties = new Properties();
    properties.setProperty("schema.registry.url", registry);
    properties.setProperty("value.deserializer", deserializer.getName());
    return new KafkaCodec(KafkaSettings.of(properties));
  }

  /** Fails as Confluent's does: with an IOException that has the status, here of the value. */
  public static final class Answering implements Deserializer<SpecificRecord> {
    @Override
    public SpecificRecord deserialize(String topic, byte[] value) {
      throw new SerializationException(
          "Error retrieving Avro schema", new StatusException(100 * value[0] + value[1]));
    }
  }

  /** Like Confluent's RestClientException. */
  public static final class StatusException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;

    StatusException(int status) {
      super("; error code: " + status);
      this.status = status;
    }

    /** Of the answer. */
    public int getStatus() {
      return status;
    }
  }

  @Test
  void a_length_that_lies_is_unreadable_and_takes_no_memory() throws Exception {
    int id = register("serde_lie-value", STARTED_AS_WRITTEN);
    for (String length : List.of("feffffff0f", "8094ebdc03", "01", "ffffffffffffffffff01")) {
      assertUnreadable(HexFormat.of().parseHex("00" + "%08x".formatted(id) + length + "6161"));
    }
  }

  @Test
  void an_unknown_schema_id_is_unreadable() {
    assertUnreadable(new byte[] {0, 0x7f, 0, 0, 1, 0, 0});
    assertUnreadable(new byte[] {0, -1, -1, -1, -1, 0, 0});
  }

  @Test
  void an_event_of_a_class_nobody_told_of_is_unreadable() throws Exception {
    String unknown =
        "{\"type\": \"record\", \"name\": \"java.lang.ProcessBuilder\", \"fields\": [{\"name\": \"saga_id\", \"type\": \"string\"}]}";
    int id = register("serde_unknown-value", unknown);
    Schema schema = new Schema.Parser().parse(unknown);
    assertUnreadable(bytes(id, new GenericRecordBuilder(schema).set("saga_id", "s").build()));
  }

  @Test
  void a_schema_that_is_not_avro_is_unreadable() throws Exception {
    int json =
        register(
            "serde_json-value",
            "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"type\": \"object\"}",
            "JSON");
    assertUnreadable(bytesOf(json, "{}"));
    int protobuf =
        register(
            "serde_protobuf-value",
            "syntax = \"proto3\"; message M { string saga_id = 1; }",
            "PROTOBUF");
    assertUnreadable(bytesOf(protobuf, "s"));
  }

  private static void assertUnreadable(byte[] value) {
    assertThatThrownBy(() -> codec.decode("serde_bytes", value))
        .as(HexFormat.of().formatHex(value))
        .isInstanceOf(UnreadableException.class)
        .message()
        .isNotBlank();
  }

  private static byte[] bytesOf(int id, String content) {
    byte[] text = content.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(5 + text.length).put((byte) 0).putInt(id).put(text).array();
  }

  private static byte[] bytes(int id, GenericRecord event) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(bytesOf(id, ""));
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<GenericRecord>(event.getSchema()).write(event, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  private static HttpServer answering(int status) throws IOException {
    return answering(status, "");
  }

  private static HttpServer answering(int status, String body) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> answer(exchange, status, body));
    server.start();
    return server;
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    try (exchange) {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static int register(String subject, String schema) throws Exception {
    return register(subject, schema, "AVRO");
  }

  /** As a person with curl would. */
  private static int register(String subject, String schema, String type) throws Exception {
    ObjectMapper json = new ObjectMapper();
    String body = json.writeValueAsString(Map.of("schema", schema, "schemaType", type));
    String answer =
        send(
            HttpRequest.newBuilder(URI.create(registry + "/subjects/" + subject + "/versions"))
                .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    return json.readTree(answer).path("id").asInt();
  }

  private static String get(String path) throws Exception {
    return send(HttpRequest.newBuilder(URI.create(registry + path)));
  }

  private static String send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> response =
        HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return response.body();
  }
}
