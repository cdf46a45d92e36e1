// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Takes what is sent to it, and always answers the same. */
final class Collector implements AutoCloseable {

  private final HttpServer server;
  private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();

  /**
   * What was sent.
   *
   * @param body its bytes, as Latin-1
   */
  record Request(String path, String contentType, String body) {}

  private Collector(HttpServer server) {
    this.server = server;
  }

  static Collector answering(int status) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    Collector collector = new Collector(server);
    server.createContext(
        "/",
        exchange -> {
          collector.requests.add(
              new Request(
                  exchange.getRequestURI().getPath(),
                  String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type")),
                  new String(exchange.getRequestBody().readAllBytes(), ISO_8859_1)));
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    return collector;
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The next request, which comes within seconds. */
  Request next() throws InterruptedException {
    return Objects.requireNonNull(requests.poll(20, TimeUnit.SECONDS), "nothing was sent");
  }

  /** Is away from now on. */
  @Override
  public void close() {
    server.stop(0);
  }
}
