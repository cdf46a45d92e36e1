// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server. Logging in and out is its own; all else is in routes, the first that matches counts.
 * What is not there needs the token to read before it says so.
 */
public final class Web implements AutoCloseable {

  static final String COOKIE = "session";

  private static final Logger LOG = LoggerFactory.getLogger(Web.class);
  private static final String CSRF = "X-CSRF-Token";
  private static final int MOST_THREADS = 128;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Nothing inline, nothing from elsewhere, nobody around. */
  private static final Map<String, String> ALWAYS =
      Map.of(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
              + " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
              + " frame-ancestors 'none'",
          "X-Content-Type-Options",
          "nosniff",
          "X-Frame-Options",
          "DENY",
          "Referrer-Policy",
          "no-referrer",
          "Cross-Origin-Opener-Policy",
          "same-origin",
          "Cross-Origin-Resource-Policy",
          "same-origin",
          "Cache-Control",
          "no-store");

  static {
    // Read by the server's classes when they are first used. An answer is not to wait for its
    // acknowledgement; a request that comes byte by byte is not to hold a thread.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("sun.net.httpserver.maxReqTime", "30");
  }

  /** Told what went wrong with a request, a status and a sentence; or null if it does not know. */
  public interface Trouble {
    /** What whoever asked is answered. */
    @Nullable HttpException answer(Exception failure);
  }

  private final HttpServer server;
  private final ExecutorService threads;
  private final Access access;
  private final List<Route> routes = new ArrayList<>();
  private final Trouble trouble;

  private Web(HttpServer server, Access access, List<Route> given, Trouble trouble) {
    this.server = server;
    this.access = access;
    this.trouble = trouble;
    this.threads =
        new ThreadPoolExecutor(
            2, MOST_THREADS, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), Web::thread);
    routes.add(new Route("POST", "/login", Level.NONE, this::login));
    routes.add(new Route("POST", "/logout", Level.READ, this::logout));
    routes.add(Route.open("/api/session", this::session));
    routes.addAll(given);
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "web");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Listens; answers once {@link #serve} was called.
   *
   * @param port 0 for a free one
   * @throws IOException if it is taken
   */
  public static HttpServer bind(String address, int port) throws IOException {
    try {
      return HttpServer.create(new InetSocketAddress(address, port), 0);
    } catch (IOException e) {
      throw new IOException("%s:%s cannot be listened on".formatted(address, port), e);
    }
  }

  /** Begins to answer. */
  public static Web serve(HttpServer bound, Access access, List<Route> routes, Trouble trouble) {
    Web web = new Web(bound, access, routes, trouble);
    bound.setExecutor(web.threads);
    bound.createContext("/", web::handle);
    bound.start();
    return web;
  }

  private void handle(HttpExchange exchange) {
    try (exchange) {
      ALWAYS.forEach(exchange.getResponseHeaders()::set);
      Answer answer;
      try {
        answer = route(exchange);
      } catch (HttpException e) {
        answer = Answer.error(e.status(), String.valueOf(e.getMessage()));
        if (e.status() == 503) {
          answer = answer.with("Retry-After", "1");
        }
      }
      if (answer != null) {
        send(exchange, answer);
      }
    } catch (IOException e) {
      LOG.debug("event=request outcome=gone: {}", e.getMessage());
    }
  }

  private @Nullable Answer route(HttpExchange exchange) throws IOException {
    List<String> path = Request.parts(exchange.getRequestURI().getRawPath());
    String method = exchange.getRequestMethod();
    boolean elsewhere = false;
    for (Route route : routes) {
      Map<String, String> named = route.match(path);
      if (named == null) {
        continue;
      }
      if (!route.method().equals(method)) {
        elsewhere = true;
        continue;
      }
      Request request = Request.of(exchange, access, named);
      require(request, route.needed());
      if (method.equals("POST")) {
        requireSameOrigin(request, route.needed());
      }
      return answer(route, request);
    }
    require(Request.of(exchange, access, Map.of()), Level.READ);
    throw elsewhere
        ? new HttpException(405, method + " is not possible here")
        : new HttpException(404, "there is nothing here");
  }

  private @Nullable Answer answer(Route route, Request request) throws IOException {
    try {
      return route.handler().answer(request);
    } catch (HttpException | IOException e) {
      throw e;
    } catch (Exception e) {
      HttpException known = trouble.answer(e);
      if (known != null) {
        throw known;
      }
      LOG.error("event=request outcome=failed: {} {}", route.method(), route.path(), e);
      throw new HttpException(500, "this has failed, the console's log says why");
    }
  }

  private static void require(Request request, Level needed) {
    if (request.level().includes(needed)) {
      return;
    }
    throw request.level() == Level.NONE
        ? new HttpException(401, "a token is needed")
        : new HttpException(403, "to act, the other token is needed");
  }

  /** A cookie is sent by the browser itself, whoever made it ask. */
  private static void requireSameOrigin(Request request, Level needed) {
    String origin = request.header("Origin");
    String host = request.header("Host");
    if (origin != null && !authority(origin).equals(host)) {
      throw new HttpException(403, "another page asks for this");
    }
    Access.Session session = request.session();
    if (session != null && needed != Level.NONE && !session.csrf().equals(request.header(CSRF))) {
      throw new HttpException(403, CSRF + " is missing, or is not that of this session");
    }
  }

  private static String authority(String origin) {
    try {
      return String.valueOf(URI.create(origin).getRawAuthority());
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", answer.type());
    answer.headers().forEach(headers::set);
    if (answer.body().length == 0) {
      exchange.sendResponseHeaders(answer.status(), -1);
    } else {
      exchange.sendResponseHeaders(answer.status(), answer.body().length);
      exchange.getResponseBody().write(answer.body());
    }
  }

  private Answer login(Request request) throws IOException {
    boolean form = request.isForm();
    String token =
        form ? request.form().getOrDefault("token", "") : request.json().path("token").asText("");
    Access.Session session = access.login(token.strip());
    if (session == null) {
      throw new HttpException(401, "this is neither the token to read nor the one to act");
    }
    Answer answer =
        form
            ? Answer.empty(303, Map.of())
            : Answer.json(200, told(session.level(), session.csrf()));
    return new Answer(
        answer.status(),
        answer.type(),
        answer.body(),
        Map.of(
            "Set-Cookie",
            "%s=%s; Path=/; HttpOnly; SameSite=Strict".formatted(COOKIE, session.id()),
            "Location",
            "/"));
  }

  private Answer logout(Request request) {
    Access.Session session = request.session();
    if (session != null) {
      access.logout(session.id());
    }
    return Answer.empty(
        204, Map.of("Set-Cookie", COOKIE + "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
  }

  private Answer session(Request request) {
    Access.Session session = request.session();
    return Answer.json(200, told(request.level(), session == null ? null : session.csrf()));
  }

  private static JsonNode told(Level level, @Nullable String csrf) {
    ObjectNode told = JSON.createObjectNode();
    return told.put("access", level.toString()).put("csrf", csrf);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
