// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/**
 * A client of the registry's REST API. Of several addresses the one that answered last is asked
 * first, and the others in their order where it does not answer.
 *
 * <p>Three outcomes differ: an answer; a no of the registry's, {@link RegistryRefusalException};
 * and no answer, which is a {@link SerializationException} caused by an {@link IOException}. A
 * status of 200 alone is no answer: a maintenance page or a gateway may say it, too.
 */
final class RegistryClient {

  private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";

  /** Statuses of a refusal of the subject or schema, where the body is the registry's. */
  private static final Set<Integer> REFUSALS = Set.of(400, 404, 409, 422);

  /** Statuses of a refusal of the caller. */
  private static final Set<Integer> CREDENTIALS = Set.of(401, 403);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LONGEST_QUOTE = 100;

  private final RegistrySettings settings;
  private final HttpClient http;
  private volatile int preferred;

  RegistryClient(RegistrySettings settings) {
    this.settings = settings;
    this.http = settings.httpClient();
  }

  /** The form of an answer. */
  @FunctionalInterface
  interface Form<T> {
    /**
     * Reads an answer.
     *
     * @throws IOException if it is not of this form, so that it is no answer of a registry's
     */
    T read(JsonNode answer) throws IOException;
  }

  /** Asks for a resource. */
  <T> T get(String path, String what, Form<T> form) {
    return ask(path, null, what, form);
  }

  /** Sends a JSON body to a resource. */
  <T> T post(String path, String body, String what, Form<T> form) {
    return ask(path, body, what, form);
  }

  private <T> T ask(String path, @Nullable String body, String what, Form<T> form) {
    List<String> urls = settings.urls();
    int first = preferred;
    StringBuilder tried = new StringBuilder();
    IOException failure = null;
    for (int i = 0; i < urls.size(); i++) {
      int index = (first + i) % urls.size();
      String url = urls.get(index);
      String asked = "schema registry %s, %s".formatted(url, what);
      try {
        T answer = form.read(answer(url + path, body, asked));
        preferred = index;
        return answer;
      } catch (RegistryAccessException e) {
        throw new SerializationException(
            "%s: refused for our credentials: %s".formatted(asked, e.getMessage()), e);
      } catch (IOException e) {
        tried.append(tried.isEmpty() ? "" : "; ").append(asked).append(": no answer: ").append(e);
        failure = e;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new SerializationException(asked + ": interrupted", new IOException(e));
      }
    }
    throw new SerializationException(tried.toString(), failure);
  }

  private JsonNode answer(String url, @Nullable String body, String asked)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .header("Accept", CONTENT_TYPE)
            .timeout(settings.readTimeout());
    if (settings.authorization() != null) {
      request.header("Authorization", settings.authorization());
    }
    if (body != null) {
      request.header("Content-Type", CONTENT_TYPE).POST(BodyPublishers.ofString(body));
    }
    HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
    int status = response.statusCode();
    if (REFUSALS.contains(status) && isOfRegistry(response.body())) {
      throw new RegistryRefusalException(
          "%s: refused with status %d: %s".formatted(asked, status, response.body()), status);
    }
    if (CREDENTIALS.contains(status)) {
      throw new RegistryAccessException("it answered with status " + status);
    }
    if (status != 200) {
      throw new IOException("it answered with status " + status);
    }
    return JSON.readTree(response.body());
  }

  /** Returns the failure of an answer that has the status of success and is none. */
  static IOException notOfRegistry(String expected, JsonNode answer) {
    String found = answer.toString();
    return new IOException(
        "it answered with status 200 and without %s, which no registry does: %s"
            .formatted(
                expected,
                found.length() <= LONGEST_QUOTE
                    ? found
                    : found.substring(0, LONGEST_QUOTE) + "..."));
  }

  /** Returns a name as a part of a path. */
  static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A gateway before a registry answers with the same status, in other words. */
  private static boolean isOfRegistry(String body) {
    try {
      return JSON.readTree(body).has("error_code");
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
