// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.control.Cancel;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/**
 * Schemas by id and ids by schema, asked once and remembered: the registry never changes either.
 *
 * <p>A registry that does not answer, or answers that it cannot or that we may not ask, is a {@link
 * SerializationException} caused by an {@link IOException}; one that says no to the schema is a
 * {@link SerializationException} without.
 */
final class SchemaRegistry {

  static final String URL = "schema.registry.url";

  /** As Confluent's clients call it: name, colon, password. */
  static final String USER_INFO = "basic.auth.user.info";

  private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  /**
   * What is said of the schema; all else, as 401 and 503, is said of the caller or the registry.
   */
  private static final Set<Integer> REFUSALS = Set.of(400, 404, 409, 422);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final String url;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();
  private final Map<Subject, Integer> ids = new ConcurrentHashMap<>();

  private final @Nullable String authorization;

  private SchemaRegistry(String url, @Nullable Object userInfo) {
    this.url = url;
    this.authorization =
        userInfo == null
            ? null
            : "Basic "
                + Base64.getEncoder()
                    .encodeToString(userInfo.toString().getBytes(StandardCharsets.UTF_8));
  }

  static SchemaRegistry configured(Map<String, ?> configuration) {
    Object url = configuration.get(URL);
    if (url == null || url.toString().isBlank()) {
      throw new ConfigException(
          "%s is missing: where does the schema registry answer?".formatted(URL));
    }
    return new SchemaRegistry(
        url.toString().strip().replaceAll("/+$", ""), configuration.get(USER_INFO));
  }

  /** The schema that an id stands for. */
  Schema schema(int id) {
    Schema known = schemas.get(id);
    if (known != null) {
      return known;
    }
    JsonNode answer =
        ask(HttpRequest.newBuilder(uri("/schemas/ids/" + id)).GET(), "schema id " + id);
    try {
      Schema schema = new Schema.Parser().parse(answer.path("schema").asText());
      schemas.put(id, schema);
      return schema;
    } catch (AvroRuntimeException e) {
      // Its cause may be an IOException, which would say that the registry is away.
      throw new SerializationException("schema id %s is no Avro schema: %s".formatted(id, e));
    }
  }

  /** The schema that was registered last for a topic's values; empty if none was. */
  Optional<Schema> newest(String topic) {
    String subject = topic + "-value";
    try {
      JsonNode answer =
          ask(
              HttpRequest.newBuilder(uri("/subjects/" + subject + "/versions/latest")).GET(),
              "the newest schema of subject " + subject);
      return Optional.of(new Schema.Parser().parse(answer.path("schema").asText()));
    } catch (SerializationException e) {
      if (e.getCause() == null) {
        return Optional.empty(); // it knows no such subject
      }
      throw e;
    } catch (AvroRuntimeException e) {
      throw new SerializationException("subject %s holds no Avro schema: %s".formatted(subject, e));
    }
  }

  /** The id of a schema under the subject of a topic's values, registering it where it is new. */
  int id(String topic, Schema schema) {
    Subject key = new Subject(topic, schema);
    Integer known = ids.get(key);
    if (known != null) {
      return known;
    }
    String subject = subject(topic, schema);
    ObjectNode body = JSON.createObjectNode().put("schema", PlainSchema.of(schema));
    JsonNode answer =
        ask(
            HttpRequest.newBuilder(uri("/subjects/" + subject + "/versions"))
                .header("Content-Type", CONTENT_TYPE)
                .POST(BodyPublishers.ofString(body.toString())),
            "registering %s under subject %s".formatted(schema.getFullName(), subject));
    int id = answer.path("id").asInt();
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

  private URI uri(String path) {
    return URI.create(url + path);
  }

  private JsonNode ask(HttpRequest.Builder request, String what) {
    String tried = "schema registry %s, %s".formatted(url, what);
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    try {
      HttpResponse<String> response =
          http.send(
              request.header("Accept", CONTENT_TYPE).timeout(TIMEOUT).build(),
              BodyHandlers.ofString());
      int status = response.statusCode();
      if (REFUSALS.contains(status) && isOfRegistry(response.body())) {
        throw new SerializationException(
            "%s: refused with status %d: %s".formatted(tried, status, response.body()));
      }
      if (status != 200) {
        throw new IOException("it answered with status " + status);
      }
      return JSON.readTree(response.body());
    } catch (IOException e) {
      throw new SerializationException("%s: no answer: %s".formatted(tried, e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SerializationException(tried + ": interrupted", new IOException(e));
    }
  }

  /** Whoever stands before a registry answers with the same status, and in other words. */
  private static boolean isOfRegistry(String body) {
    try {
      return JSON.readTree(body).has("error_code");
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  private record Subject(String topic, Schema schema) {}
}
