// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.engine.EventCodec.UnreadableException;
import dev.choreography.engine.Trouble;
import dev.choreography.engine.UnwritableEventException;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.KafkaSettings;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import dev.choreography.testbed.RegistryGate;
import dev.choreography.testevents.EveryType;
import dev.choreography.testevents.Started;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Schemas that refer to others, and schemas that only a person registers. */
@ExtendWith(RealPrograms.class)
class ReferencesTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CONTENT = "dev.choreography.testevents.";

  private static String registry;

  @BeforeAll
  static void open(LocalEnvironment environment) {
    registry = environment.registryUrl();
    EventClasses.trust(List.of(EveryType.class, Started.class));
  }

  private static KafkaCodec codec(String url, String... more) {
    Properties properties = new Properties();
    properties.setProperty("schema.registry.url", url);
    for (int i = 0; i < more.length; i += 2) {
      properties.setProperty(more[i], more[i + 1]);
    }
    return new KafkaCodec(KafkaSettings.of(properties));
  }

  @Test
  void an_event_whose_schema_refers_to_others_is_read() throws Exception {
    // The event refers to a holder and a type, and the holder to the same type.
    register(
        "reference of/kind", PlainSchema.of(EveryType.getClassSchema().getField("kind").schema()));
    register(
        "reference hash", PlainSchema.of(EveryType.getClassSchema().getField("hash").schema()));
    String holder =
        "{\"type\": \"record\", \"name\": \"Holder\", \"namespace\": \"elsewhere\", \"fields\": [{\"name\": \"kind\", \"type\": \"%sEveryTypeKind\"}]}"
            .formatted(CONTENT);
    register("reference holder", holder, reference(CONTENT + "EveryTypeKind", "reference of/kind"));
    ObjectNode event = (ObjectNode) JSON.readTree(PlainSchema.of(EveryType.getClassSchema()));
    for (var field : event.withArray("fields")) {
      switch (field.path("name").asText()) {
        case "kind" -> ((ObjectNode) field).put("type", CONTENT + "EveryTypeKind");
        case "hash" -> ((ObjectNode) field).put("type", CONTENT + "EveryTypeHash");
        default -> {
          // as it is
        }
      }
    }
    ObjectNode held = event.withArray("fields").addObject().put("name", "held");
    held.set("type", JSON.createArrayNode().add("null").add("elsewhere.Holder"));
    held.putNull("default");
    int id =
        register(
            "reference event",
            event.toString(),
            reference(CONTENT + "EveryTypeKind", "reference of/kind"),
            reference("elsewhere.Holder", "reference holder"),
            reference(CONTENT + "EveryTypeHash", "reference hash"));

    KafkaCodec codec = codec(registry);
    byte[] plain = codec.encode("references", SampleEvent.of(EveryType.class));
    // One field more, a union at its first branch.
    byte[] referring = ByteBuffer.allocate(plain.length + 1).put(plain).putInt(1, id).array();
    assertThat(codec.decode("references", referring)).isEqualTo(SampleEvent.of(EveryType.class));

    GenericAvroDeserializer any = new GenericAvroDeserializer();
    any.configure(Map.of("schema.registry.url", registry), false);
    GenericRecord read = Objects.requireNonNull(any.deserialize("references", referring));
    assertThat(read.getSchema().getField("kind").schema().getFullName())
        .isEqualTo(CONTENT + "EveryTypeKind");
    assertThat(read.get("kind")).hasToString("ONE");
  }

  @Test
  void the_newest_schema_of_a_topic_may_refer_to_others() throws Exception {
    register("newest type", "{\"type\": \"fixed\", \"name\": \"Four\", \"size\": 4}");
    register(
        "newest-value",
        "{\"type\": \"record\", \"name\": \"Newest\", \"fields\": [{\"name\": \"four\", \"type\": \"Four\"}]}",
        reference("Four", "newest type"));
    assertThat(
            RegisteredSchemas.configured(Map.of("schema.registry.url", registry)).newest("newest"))
        .get()
        .extracting(schema -> schema.getField("four").schema().getType())
        .isEqualTo(Schema.Type.FIXED);
  }

  @Test
  void references_in_a_circle_end_and_one_that_is_away_means_wait() throws Exception {
    try (RegistryGate gate = RegistryGate.alone()) {
      String referring =
          "{\"schema\": \"{\\\"type\\\": \\\"record\\\", \\\"name\\\": \\\"A\\\", \\\"fields\\\": [{\\\"name\\\": \\\"b\\\", \\\"type\\\": \\\"B\\\"}]}\", \"references\": [{\"name\": \"A\", \"subject\": \"a\", \"version\": 1}]}";
      gate.answers(200, referring);
      byte[] value = {0, 0, 0, 0, 1, 0, 0};
      KafkaCodec codec = codec(gate.url());
      assertThatThrownBy(() -> codec.decode("t", value)).isInstanceOf(UnreadableException.class);
      assertThat(gate.requests()).hasSize(2);

      int[] version = {0};
      gate.answers(
          request ->
              new RegistryGate.Answer(
                  200, referring.replace("\"version\": 1", "\"version\": " + ++version[0])));
      assertThatThrownBy(() -> codec(gate.url()).decode("t", value))
          .as("and so does a chain without end")
          .isInstanceOf(UnreadableException.class)
          .hasMessageContaining("refers to more than");

      gate.answers(
          request ->
              request.path().startsWith("/schemas/ids")
                  ? new RegistryGate.Answer(200, referring)
                  : new RegistryGate.Answer(503, ""));
      assertThatThrownBy(() -> codec(gate.url()).decode("t", value)).isInstanceOf(Trouble.class);
    }
  }

  @Test
  void without_registering_a_schema_is_looked_up_alone() throws Exception {
    KafkaCodec codec = codec(registry, "auto.register.schemas", "false");
    assertThatThrownBy(() -> codec.encode("by_hand", new Started("s", "")))
        .isInstanceOf(UnwritableEventException.class)
        .hasMessageContaining("by_hand-value")
        .hasMessageContaining("auto.register.schemas=false")
        .hasMessageContaining("404");
    assertThat(send("GET", "/subjects/by_hand-value/versions", "").statusCode())
        .as("nothing was registered")
        .isEqualTo(404);
    assertThat(codec.trouble()).contains("by_hand-value");

    int id = register("by_hand-value", PlainSchema.of(Started.getClassSchema()));
    assertThat(ByteBuffer.wrap(codec.encode("by_hand", new Started("s", ""))).getInt(1))
        .isEqualTo(id);
    assertThat(codec.trouble()).isNull();
  }

  private static ObjectNode reference(String name, String subject) {
    return JSON.createObjectNode().put("name", name).put("subject", subject).put("version", 1);
  }

  private static int register(String subject, String schema, ObjectNode... references)
      throws Exception {
    ArrayNode all = JSON.createArrayNode();
    all.addAll(List.of(references));
    String body = JSON.createObjectNode().put("schema", schema).set("references", all).toString();
    HttpResponse<String> response =
        send("POST", "/subjects/" + RegistryClient.encoded(subject) + "/versions", body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body()).path("id").asInt();
  }

  private static HttpResponse<String> send(String method, String path, String body)
      throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(registry + path))
                .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }
}
