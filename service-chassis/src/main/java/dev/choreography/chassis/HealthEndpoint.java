// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * {@code GET /health}: 200 and {@code {"status":"up","detail":"…"}}, or 503 and {@code "down"}. Any
 * other path is 404, any other method 405.
 */
final class HealthEndpoint implements AutoCloseable {

  private final HttpServer server;
  private final ExecutorService threads;

  private HealthEndpoint(HttpServer server, ExecutorService threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Listens on all addresses of this machine.
   *
   * @param port 0 for a free one
   * @throws IOException if the port is taken
   */
  static HealthEndpoint listen(int port, Supplier<Status> health) throws IOException {
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(port), 0);
    } catch (IOException e) {
      throw new IOException("http port %d cannot be listened on".formatted(port), e);
    }
    ExecutorService threads = Executors.newFixedThreadPool(2);
    server.setExecutor(threads);
    server.createContext("/", exchange -> answer(exchange, health));
    server.start();
    return new HealthEndpoint(server, threads);
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private static void answer(HttpExchange exchange, Supplier<Status> health) throws IOException {
    try (exchange) {
      if (!exchange.getRequestURI().getPath().equals("/health")) {
        exchange.sendResponseHeaders(404, -1);
      } else if (!exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Allow", "GET");
        exchange.sendResponseHeaders(405, -1);
      } else {
        Status now = health.get();
        byte[] body = json(now).getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(now.up() ? 200 : 503, body.length);
        exchange.getResponseBody().write(body);
      }
    }
  }

  private static String json(Status status) {
    StringBuilder detail = new StringBuilder();
    for (char c : status.detail().toCharArray()) {
      if (c == '"' || c == '\\') {
        detail.append('\\').append(c);
      } else if (c < ' ') {
        detail.append("\\u%04x".formatted((int) c));
      } else {
        detail.append(c);
      }
    }
    return "{\"status\":\"%s\",\"detail\":\"%s\"}\n".formatted(status.up() ? "up" : "down", detail);
  }

  /** Up or not, and what there is to say of it. */
  record Status(boolean up, String detail) {}
}
