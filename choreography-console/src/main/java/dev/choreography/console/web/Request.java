// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpExchange;
import dev.choreography.console.trace.ExactJson;
import java.io.IOException;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is asked, by whom. */
public final class Request {

  private static final int MOST_BYTES = 1024 * 1024;
  private static final String BEARER = "Bearer ";

  private final HttpExchange exchange;
  private final Level level;
  private final Access.@Nullable Session session;
  private final Map<String, String> path;

  private Request(
      HttpExchange exchange,
      Level level,
      Access.@Nullable Session session,
      Map<String, String> path) {
    this.exchange = exchange;
    this.level = level;
    this.session = session;
    this.path = path;
  }

  /** The header counts, where there is one; else the cookie. */
  static Request of(HttpExchange exchange, Access access, Map<String, String> path) {
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (authorization != null) {
      Level level =
          authorization.startsWith(BEARER)
              ? access.ofToken(authorization.substring(BEARER.length()).strip())
              : Level.NONE;
      return new Request(exchange, level, null, path);
    }
    String cookie = cookie(exchange);
    Access.Session session = cookie == null ? null : access.session(cookie);
    return new Request(exchange, session == null ? Level.NONE : session.level(), session, path);
  }

  private static @Nullable String cookie(HttpExchange exchange) {
    for (String line : exchange.getRequestHeaders().getOrDefault("Cookie", List.of())) {
      for (String cookie : line.split(";", -1)) {
        if (cookie.strip().startsWith(Web.COOKIE + "=")) {
          return cookie.strip().substring(Web.COOKIE.length() + 1);
        }
      }
    }
    return null;
  }

  Level level() {
    return level;
  }

  Access.@Nullable Session session() {
    return session;
  }

  HttpExchange exchange() {
    return exchange;
  }

  @Nullable String header(String name) {
    return exchange.getRequestHeaders().getFirst(name);
  }

  /** A part of the path that the route names. */
  public String path(String name) {
    String part = path.get(name);
    if (part == null) {
      throw new IllegalArgumentException("the route has no part " + name);
    }
    return part;
  }

  /** The parameters of the query, the last of each name; those that are empty are left out. */
  public Map<String, String> parameters() {
    String query = exchange.getRequestURI().getRawQuery();
    return query == null ? Map.of() : form(query);
  }

  /**
   * The body, a JSON object; an empty one if there is none.
   *
   * @throws HttpException if it is nothing of the kind
   */
  public JsonNode json() throws IOException {
    String type = header("Content-Type");
    byte[] body = body();
    if (body.length == 0) {
      return JsonNodeFactory.instance.objectNode();
    }
    if (type == null || !type.startsWith("application/json")) {
      throw new HttpException(415, "the body is to be application/json");
    }
    try {
      JsonNode json = ExactJson.read(body);
      if (!json.isObject()) {
        throw new HttpException(400, "the body is no JSON object");
      }
      return json;
    } catch (JsonProcessingException e) {
      throw new HttpException(400, "the body is no JSON: " + e.getOriginalMessage());
    }
  }

  boolean isForm() {
    String type = header("Content-Type");
    return type != null && type.startsWith("application/x-www-form-urlencoded");
  }

  Map<String, String> form() throws IOException {
    return form(new String(body(), UTF_8));
  }

  private byte[] body() throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
    if (body.length > MOST_BYTES) {
      throw new HttpException(413, "the body has more than %s bytes".formatted(MOST_BYTES));
    }
    return body;
  }

  private static Map<String, String> form(String text) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String pair : text.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0 && equals < pair.length() - 1) {
        all.put(
            decoded(pair.substring(0, equals).replace('+', ' ')),
            decoded(pair.substring(equals + 1).replace('+', ' ')));
      }
    }
    return all;
  }

  /** The parts between the slashes of a path, which may have others, encoded. */
  static List<String> parts(String rawPath) {
    List<String> parts = new ArrayList<>();
    for (String part : rawPath.substring(1).split("/", -1)) {
      parts.add(decoded(part));
    }
    return parts;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException e) {
      throw new HttpException(400, "what is asked for is not percent-encoded as it should be");
    }
  }
}
