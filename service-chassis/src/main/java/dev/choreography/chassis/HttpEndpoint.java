// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * {@code GET /health}: 200 and {@code {"status":"up","detail":"…"}}, or 503 and {@code "down"};
 * with {@code "warnings"} and {@code "counts"} where there are any. {@code GET /metrics}: what was
 * measured, as Prometheus reads it. Any other path is 404, any other method 405.
 */
final class HttpEndpoint implements AutoCloseable {

  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService threads;

  private HttpEndpoint(HttpServer server, ExecutorService threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Listens on all addresses of this machine.
   *
   * @param port 0 for a free one
   * @throws IOException if the port is taken
   */
  static HttpEndpoint listen(int port, Supplier<Status> health, Supplier<String> metrics)
      throws IOException {
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(port), 0);
    } catch (IOException e) {
      throw new IOException("http port %s cannot be listened on".formatted(port), e);
    }
    ExecutorService threads = Executors.newFixedThreadPool(2);
    server.setExecutor(threads);
    server.createContext("/", exchange -> answer(exchange, health, metrics));
    server.start();
    return new HttpEndpoint(server, threads);
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static void answer(
      HttpExchange exchange, Supplier<Status> health, Supplier<String> metrics) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      if (!path.equals("/health") && !path.equals("/metrics")) {
        exchange.sendResponseHeaders(404, -1);
      } else if (!exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Allow", "GET");
        exchange.sendResponseHeaders(405, -1);
      } else if (path.equals("/health")) {
        Status now = health.get();
        send(exchange, now.up() ? 200 : 503, "application/json", json(now));
      } else {
        send(exchange, 200, PROMETHEUS, metrics.get());
      }
    }
  }

  private static void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] body = text.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
  }

  private static String json(Status status) {
    StringBuilder json = new StringBuilder();
    json.append("{\"status\":\"").append(status.up() ? "up" : "down");
    json.append("\",\"detail\":").append(quoted(status.detail()));
    if (!status.warnings().isEmpty()) {
      json.append(
          status.warnings().stream()
              .map(HttpEndpoint::quoted)
              .collect(joining(",", ",\"warnings\":[", "]")));
    }
    if (!status.counts().isEmpty()) {
      json.append(
          status.counts().entrySet().stream()
              .map(count -> quoted(count.getKey()) + ":" + count.getValue())
              .collect(joining(",", ",\"counts\":{", "}")));
    }
    return json.append("}\n").toString();
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append("\\u%04x".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  /**
   * Up or not, and what there is to say of it.
   *
   * @param warnings what an operator should see to although the service works
   * @param counts how often something happened that should hardly ever
   */
  record Status(boolean up, String detail, List<String> warnings, SortedMap<String, Long> counts) {

    /** One with nothing more to say. */
    Status(boolean up, String detail) {
      this(up, detail, List.of(), Collections.emptySortedMap());
    }
  }
}
