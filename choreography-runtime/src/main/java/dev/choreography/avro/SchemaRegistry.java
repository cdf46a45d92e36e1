// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.choreography.control.Cancel;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.SerializationException;

/**
 * Schemas by id and ids by schema, asked once and remembered: the registry never changes either.
 * Only an answer is remembered, never a no or the want of an answer.
 *
 * <p>A registry that does not answer, or answers that it cannot or that we may not ask, is a {@link
 * SerializationException} caused by an {@link IOException}; one that says no is a {@link
 * RegistryRefusalException}; a schema that is not Avro is a {@link SerializationException} without
 * such a cause.
 */
final class SchemaRegistry {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST_QUOTE = 100;

  private final RegistryClient client;
  private final boolean autoRegister;
  private final String query;
  private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();
  private final Map<Subject, Integer> ids = new ConcurrentHashMap<>();

  private SchemaRegistry(RegistrySettings settings) {
    this.client = new RegistryClient(settings);
    this.autoRegister = settings.autoRegister();
    this.query = settings.normalize() ? "?normalize=true" : "";
  }

  static SchemaRegistry configured(Map<String, ?> configuration) {
    return new SchemaRegistry(RegistrySettings.of(configuration));
  }

  /** The schema that an id stands for. */
  Schema schema(int id) {
    Schema known = schemas.get(id);
    if (known != null) {
      return known;
    }
    Schema schema =
        parsed(
            client.get("/schemas/ids/" + id, "schema id " + id, SchemaRegistry::registered),
            "schema id " + id);
    schemas.put(id, schema);
    return schema;
  }

  /** The schema that was registered last for a topic's values; empty if none was. */
  Optional<Schema> newest(String topic) {
    String subject = topic + "-value";
    Registered found;
    try {
      found =
          client.get(
              "/subjects/" + subject + "/versions/latest",
              "the newest schema of subject " + subject,
              SchemaRegistry::registered);
    } catch (RegistryRefusalException e) {
      if (e.isUnknown()) {
        return Optional.empty();
      }
      throw e;
    }
    return Optional.of(parsed(found, "the newest schema of subject " + subject));
  }

  /**
   * The id of a schema under the subject of a topic's values, registering it where it is new and
   * the settings allow that.
   */
  int id(String topic, Schema schema) {
    Subject key = new Subject(topic, schema);
    Integer known = ids.get(key);
    if (known != null) {
      return known;
    }
    String subject = subject(topic, schema);
    String body = JSON.createObjectNode().put("schema", PlainSchema.of(schema)).toString();
    int id =
        autoRegister
            ? client.post(
                "/subjects/" + subject + "/versions" + query,
                body,
                "registering %s under subject %s".formatted(schema.getFullName(), subject),
                SchemaRegistry::idOf)
            : client.post(
                "/subjects/" + subject + query,
                body,
                "looking up %s under subject %s, which is not registered from here since %s=false"
                    .formatted(schema.getFullName(), subject, RegistrySettings.AUTO_REGISTER),
                SchemaRegistry::idOf);
    ids.put(key, id);
    return id;
  }

  /**
   * A topic's values are one subject, whose schemas have to be compatible; but the framework's own
   * topics carry several types each, which are none of one another's versions.
   */
  private static String subject(String topic, Schema schema) {
    return Cancel.getClassSchema().getNamespace().equals(schema.getNamespace())
        ? topic + "-" + schema.getFullName()
        : topic + "-value";
  }

  private static int idOf(JsonNode answer) throws IOException {
    JsonNode id = answer.path("id");
    if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() <= 0) {
      throw notOfRegistry("an id above 0", answer);
    }
    return id.intValue();
  }

  private static Registered registered(JsonNode answer) throws IOException {
    if (!answer.path("schema").isTextual()) {
      throw notOfRegistry("a schema", answer);
    }
    Registered registered =
        new Registered(answer.path("schema").textValue(), answer.path("schemaType").asText("AVRO"));
    if (!registered.isSchema()) {
      throw notOfRegistry("a schema", answer);
    }
    return registered;
  }

  private static IOException notOfRegistry(String expected, JsonNode answer) {
    String found = answer.toString();
    return new IOException(
        "it answered with status 200 and without %s, which no registry does: %s"
            .formatted(
                expected,
                found.length() <= LONGEST_QUOTE
                    ? found
                    : found.substring(0, LONGEST_QUOTE) + "..."));
  }

  private Schema parsed(Registered registered, String what) {
    try {
      return new Schema.Parser().parse(registered.text());
    } catch (AvroRuntimeException e) {
      // Its cause may be an IOException, which would say that the registry is away.
      throw new SerializationException("%s is no Avro schema: %s".formatted(what, e));
    }
  }

  /**
   * A schema as a registry has it.
   *
   * @param type as the registry calls it, AVRO where it does not say
   */
  private record Registered(String text, String type) {

    /**
     * Whether a registry may have said it. A schema in JSON that this Avro does not take may well
     * be registered, and others may have written with it: to wait for another answer would be to
     * wait for ever.
     */
    boolean isSchema() {
      if (!type.equals("AVRO")) {
        return true;
      }
      try {
        JsonNode json = JSON.readTree(text);
        return json.isContainerNode() || json.isTextual();
      } catch (JsonProcessingException e) {
        return false;
      }
    }
  }

  private record Subject(String topic, Schema schema) {}
}
