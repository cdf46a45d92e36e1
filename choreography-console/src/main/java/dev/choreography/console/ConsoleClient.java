// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.choreography.console.trace.ExactJson;
import dev.choreography.console.trace.Refusal;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Asks a console what it knows. */
final class ConsoleClient {

  private static final Duration TO_CONNECT = Duration.ofSeconds(2);
  private static final Duration TO_ANSWER = Duration.ofSeconds(10);

  private final String url;
  private final String token;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TO_CONNECT).build();

  /**
   * A client.
   *
   * @param url without a slash at its end
   */
  ConsoleClient(String url, String token) {
    this.url = url;
    this.token = token;
  }

  /** Thrown where the console does not answer, or not with what was asked for. */
  static final class NoAnswerException extends Exception {
    private static final long serialVersionUID = 1L;

    NoAnswerException(String message) {
      super(message);
    }
  }

  /** What is at a path, with parameters. */
  JsonNode get(String path, Map<String, String> parameters)
      throws NoAnswerException, InterruptedException {
    String query =
        parameters.entrySet().stream()
            .map(each -> each.getKey() + "=" + encoded(each.getValue()))
            .collect(Collectors.joining("&"));
    try {
      HttpResponse<String> answer =
          http.send(
              request(path + (query.isEmpty() ? "" : "?" + query)).timeout(TO_ANSWER).build(),
              BodyHandlers.ofString());
      JsonNode body = ExactJson.read(answer.body());
      if (answer.statusCode() == 400) {
        throw new Refusal(body.path("error").asText());
      }
      if (answer.statusCode() != 200) {
        throw new NoAnswerException(
            "the console at %s answers %d: %s"
                .formatted(url, answer.statusCode(), body.path("error").asText()));
      }
      return body;
    } catch (IOException e) {
      throw new NoAnswerException("the console at %s does not answer: %s".formatted(url, e));
    }
  }

  /** The paths of the sagas of an id, one for each choreography that has one. */
  List<String> paths(String saga) throws NoAnswerException, InterruptedException {
    List<String> paths = new ArrayList<>();
    for (JsonNode line : get("/api/sagas", Map.of("id", saga)).path("sagas")) {
      if (line.path("saga").asText().equals(saga)) {
        paths.add(
            "/api/sagas/%s/%s"
                .formatted(encoded(line.path("choreography").asText()), encoded(saga)));
      }
    }
    return paths;
  }

  /** What changes, a line of the stream at a time, until it ends. */
  Stream<String> changes() throws NoAnswerException, InterruptedException {
    try {
      HttpResponse<Stream<String>> answer =
          http.send(request("/api/changes").build(), BodyHandlers.ofLines());
      if (answer.statusCode() != 200) {
        throw new NoAnswerException(
            "the console at %s answers %s".formatted(url, answer.statusCode()));
      }
      return answer.body();
    } catch (IOException e) {
      throw new NoAnswerException("the console at %s does not answer: %s".formatted(url, e));
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path))
        .header("Authorization", "Bearer " + token);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }
}
