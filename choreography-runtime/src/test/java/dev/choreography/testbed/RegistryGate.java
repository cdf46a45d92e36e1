// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testbed;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * A small HTTP server before a real registry, or in its place: a request that the script has an
 * answer to is answered, any other is forwarded.
 */
public final class RegistryGate implements AutoCloseable {

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final @Nullable String registry;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private volatile Script script = request -> null;

  private RegistryGate(@Nullable String registry, HttpServer server) {
    this.registry = registry;
    this.server = server;
    server.createContext("/", this::handle);
    server.setExecutor(threads);
    server.start();
  }

  /** Opens one that forwards to a registry. */
  public static RegistryGate before(String registry) {
    return new RegistryGate(registry, server());
  }

  /** Opens one with nothing behind it. */
  public static RegistryGate alone() {
    return new RegistryGate(null, server());
  }

  /** Opens one with nothing behind it that speaks TLS and may ask clients for a certificate. */
  public static RegistryGate secured(SSLContext context, boolean clientsShowTheirs) {
    return new RegistryGate(null, secure(context, clientsShowTheirs));
  }

  private static HttpServer server() {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static HttpServer secure(SSLContext context, boolean clientsShowTheirs) {
    try {
      HttpsServer secured =
          HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      secured.setHttpsConfigurator(
          new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
              SSLParameters asked = context.getDefaultSSLParameters();
              asked.setNeedClientAuth(clientsShowTheirs);
              parameters.setSSLParameters(asked);
            }
          });
      return secured;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The address for {@code schema.registry.url}. */
  public String url() {
    String scheme = server instanceof HttpsServer ? "https" : "http";
    return "%s://localhost:%d".formatted(scheme, server.getAddress().getPort());
  }

  /** Method and path of every request so far. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** Answers by this script from now on. */
  public void answers(Script by) {
    script = by;
  }

  /** Answers everything so from now on. */
  public void answers(int status, String body) {
    answers(request -> new Answer(status, body));
  }

  /** Forwards everything from now on. */
  public void forwards() {
    answers(request -> null);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      Request request =
          new Request(
              exchange.getRequestMethod(),
              exchange.getRequestURI().toString(),
              new String(body, StandardCharsets.UTF_8),
              exchange.getRequestHeaders().getFirst("Authorization"));
      requests.add(request.method() + " " + request.path());
      Answer answer = script.answer(request);
      if (answer == null) {
        answer = forwarded(request);
      }
      if (answer.status() / 100 == 3) {
        exchange.getResponseHeaders().set("Location", url() + "/login");
      }
      byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private Answer forwarded(Request request) throws IOException {
    try {
      HttpResponse<String> response =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(registry + request.path()))
                      .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                      .method(request.method(), HttpRequest.BodyPublishers.ofString(request.body()))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      return new Answer(response.statusCode(), response.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  /** Answers requests, or has them forwarded with null. */
  @FunctionalInterface
  public interface Script {
    /** The answer, null to forward. */
    @Nullable Answer answer(Request request);
  }

  /** A request as it came. */
  public record Request(String method, String path, String body, @Nullable String authorization) {}

  /** An answer as it goes. */
  public record Answer(int status, String body) {}
}
