// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.choreography.control.Cancel;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

  /** A registry's answer must not keep a participant asking without end. */
  private static final int MOST_REFERENCES = 200;

  private final RegistryClient client;
  private final boolean autoRegister;
  private final String query;
  private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();
  private final Map<RegisteredSchema.Reference, RegisteredSchema> references =
      new ConcurrentHashMap<>();
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
    String what = "schema id " + id;
    Schema schema = parsed(client.get("/schemas/ids/" + id, what, RegisteredSchema::read), what);
    schemas.put(id, schema);
    return schema;
  }

  /** The schema that was registered last for a topic's values; empty if none was. */
  Optional<Schema> newest(String topic) {
    String subject = topic + "-value";
    RegisteredSchema found;
    try {
      found =
          client.get(
              "/subjects/" + RegistryClient.encoded(subject) + "/versions/latest",
              "the newest schema of subject " + subject,
              RegisteredSchema::read);
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
                "/subjects/" + RegistryClient.encoded(subject) + "/versions" + query,
                body,
                "registering %s under subject %s".formatted(schema.getFullName(), subject),
                SchemaRegistry::idOf)
            : client.post(
                "/subjects/" + RegistryClient.encoded(subject) + query,
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
      throw RegistryClient.notOfRegistry("an id above 0", answer);
    }
    return id.intValue();
  }

  /**
   * The schema, after those that it refers to, and they after theirs: each name is known when it is
   * met. What is referred to twice is parsed once, so a circle ends, too.
   */
  private Schema parsed(RegisteredSchema registered, String what) {
    try {
      Schema.Parser parser = new Schema.Parser();
      parseReferences(registered, parser, new HashSet<>(), what);
      return parser.parse(registered.text());
    } catch (AvroRuntimeException e) {
      // Its cause may be an IOException, which would say that the registry is away.
      throw new SerializationException("%s is no Avro schema: %s".formatted(what, e));
    }
  }

  private void parseReferences(
      RegisteredSchema referring,
      Schema.Parser parser,
      Set<RegisteredSchema.Reference> parsed,
      String what) {
    for (RegisteredSchema.Reference reference : referring.references()) {
      if (!parsed.add(reference)) {
        continue;
      }
      if (parsed.size() > MOST_REFERENCES) {
        throw new SerializationException(
            "%s refers to more than %s schemas, directly and through others"
                .formatted(what, MOST_REFERENCES));
      }
      RegisteredSchema referred = referred(reference, what);
      parseReferences(referred, parser, parsed, what);
      Schema ignored = parser.parse(referred.text());
    }
  }

  private RegisteredSchema referred(RegisteredSchema.Reference reference, String what) {
    RegisteredSchema known = references.get(reference);
    if (known != null) {
      return known;
    }
    RegisteredSchema found =
        client.get(
            "/subjects/%s/versions/%s"
                .formatted(RegistryClient.encoded(reference.subject()), reference.version()),
            "version %s of subject %s, which %s refers to as %s"
                .formatted(reference.version(), reference.subject(), what, reference.name()),
            RegisteredSchema::read);
    references.put(reference, found);
    return found;
  }

  private record Subject(String topic, Schema schema) {}
}
