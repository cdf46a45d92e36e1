// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.streams.state.HostInfo;
import org.jspecify.annotations.Nullable;

/** The partitions of another instance, over HTTP. */
final class Peer implements Shard {

  /** Where instances ask each other. */
  static final String PATH = "/peer/";

  private static final String COUNTS = "counts";
  private static final String PAGE = "page";
  private static final String SAGA = "saga";
  private static final String EVENTS = "events";
  private static final Duration TO_ANSWER = Duration.ofSeconds(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http;
  private final HostInfo host;
  private final String token;

  Peer(HttpClient http, HostInfo host, String token) {
    this.http = http;
    this.host = host;
    this.token = token;
  }

  @Override
  public Map<String, Long> counts(String kind, String from) {
    Map<String, Long> counts = new LinkedHashMap<>();
    JsonNode answer = ask(COUNTS, Map.of("kind", kind, "from", from));
    answer.properties().forEach(count -> counts.put(count.getKey(), count.getValue().asLong()));
    return counts;
  }

  @Override
  public Page page(SagaQuery query) {
    JsonNode answer = ask(PAGE, query.parameters());
    List<Page.Line> lines = new ArrayList<>();
    for (JsonNode line : answer.path("lines")) {
      lines.add(new Page.Line(bytes(line.path("position")), Tracked.of(bytes(line.path("saga")))));
    }
    JsonNode stop = answer.path("stop");
    return new Page(lines, stop.isNull() ? null : bytes(stop));
  }

  @Override
  public @Nullable Tracked saga(SagaKey saga) {
    JsonNode found = ask(SAGA, named(saga)).path("saga");
    return found.isNull() ? null : Tracked.of(bytes(found));
  }

  private static Map<String, String> named(SagaKey saga) {
    return Map.of("choreography", saga.choreography(), "saga", saga.saga());
  }

  @Override
  public List<byte[]> events(SagaKey saga) {
    List<byte[]> events = new ArrayList<>();
    ask(EVENTS, named(saga)).forEach(event -> events.add(bytes(event)));
    return events;
  }

  private JsonNode ask(String what, Map<String, String> parameters) {
    String query =
        parameters.entrySet().stream()
            .map(each -> each.getKey() + "=" + URLEncoder.encode(each.getValue(), UTF_8))
            .collect(Collectors.joining("&"));
    URI uri =
        URI.create("http://%s:%s%s%s?%s".formatted(host.host(), host.port(), PATH, what, query));
    try {
      HttpResponse<byte[]> answer =
          http.send(
              HttpRequest.newBuilder(uri)
                  .timeout(TO_ANSWER)
                  .header("Authorization", "Bearer " + token)
                  .build(),
              BodyHandlers.ofByteArray());
      if (answer.statusCode() != 200) {
        throw new NotYetException(
            "the console at %s:%s, which has some of the sagas, answered %s; have all instances the same token to read?"
                .formatted(host.host(), host.port(), answer.statusCode()));
      }
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new NotYetException(
          "the console at %s:%s, which has some of the sagas, does not answer"
              .formatted(host.host(), host.port()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NotYetException("interrupted", e);
    }
  }

  private static byte[] bytes(JsonNode base64) {
    return Base64.getDecoder().decode(base64.asText());
  }

  /**
   * What another instance is answered.
   *
   * @param what the path after {@link #PATH}
   * @throws IllegalArgumentException if nobody of this version would ask that
   */
  static JsonNode answer(Shards own, String what, Map<String, String> parameters) {
    return switch (what) {
      case COUNTS -> counts(own.counts(required(parameters, "kind"), required(parameters, "from")));
      case PAGE -> page(own.page(SagaQuery.of(parameters)));
      case SAGA -> saga(own.saga(named(parameters)));
      case EVENTS -> events(own.events(named(parameters)));
      default -> throw new IllegalArgumentException("nothing is known as " + what);
    };
  }

  private static SagaKey named(Map<String, String> parameters) {
    return new SagaKey(required(parameters, "choreography"), required(parameters, "saga"));
  }

  private static JsonNode saga(@Nullable Tracked saga) {
    return JSON.createObjectNode().put("saga", saga == null ? null : saga.bytes());
  }

  private static String required(Map<String, String> parameters, String name) {
    String value = parameters.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return value;
  }

  private static JsonNode counts(Map<String, Long> counts) {
    ObjectNode all = JSON.createObjectNode();
    counts.forEach(all::put);
    return all;
  }

  private static JsonNode page(Page page) {
    ObjectNode all = JSON.createObjectNode();
    ArrayNode lines = all.putArray("lines");
    for (Page.Line line : page.lines()) {
      lines.addObject().put("position", line.position()).put("saga", line.saga().bytes());
    }
    all.put("stop", page.stop());
    return all;
  }

  private static JsonNode events(List<byte[]> events) {
    ArrayNode all = JSON.createArrayNode();
    events.forEach(all::add);
    return all;
  }
}
