// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.Control.Target;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Explanation;
import dev.choreography.console.trace.Mask;
import dev.choreography.console.trace.SagaTrace;
import dev.choreography.console.trace.TraceJson;
import dev.choreography.console.trace.TracedEvent;
import dev.choreography.console.tracker.NotYetException;
import dev.choreography.console.tracker.Page;
import dev.choreography.console.tracker.SagaQuery;
import dev.choreography.console.tracker.Tracked;
import dev.choreography.console.tracker.Tracker;
import dev.choreography.console.web.Answer;
import dev.choreography.console.web.EventStream;
import dev.choreography.console.web.HttpException;
import dev.choreography.console.web.Request;
import dev.choreography.console.web.Route;
import dev.choreography.console.web.StaticFiles;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What can be read over HTTP; {@code openapi.yaml} describes it. */
final class Api {

  private static final String PACKAGE = "dev/choreography/console/";
  private static final int MOST_HOURS = 168;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Cluster cluster;
  private final Tracker tracker;
  private final Mask mask;
  private final EventStream changes;
  private final InstantSource clock;
  private final StaticFiles files = new StaticFiles(Api.class.getClassLoader());

  Api(Cluster cluster, Tracker tracker, Mask mask, EventStream changes, InstantSource clock) {
    this.cluster = cluster;
    this.tracker = tracker;
    this.mask = mask;
    this.changes = changes;
    this.clock = clock;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/api/overview", request -> ok(Overview.of(tracker, clock.instant()))),
        Route.get("/api/sagas", this::sagas),
        Route.get("/api/sagas/{choreography}/{id}", this::saga),
        Route.get("/api/sagas/{choreography}/{id}/explain", this::explain),
        Route.get("/api/choreographies", request -> ok(Graphs.choreographies(tracker))),
        Route.get("/api/steps", this::steps),
        Route.get("/api/participants", request -> ok(Participants.of(cluster, tracker))),
        Route.get("/api/dead-letters", this::deadLetters),
        Route.get("/api/changes", this::changes),
        Route.get(
            "/metrics",
            request ->
                Answer.text(
                    "text/plain; version=0.0.4; charset=utf-8",
                    MetricsText.of(tracker, clock.instant()))),
        Route.get(
            "/peer/{what}",
            request -> ok(tracker.peer(request.path("what"), request.parameters()))),
        Route.open("/health", request -> health()),
        Route.open("/openapi.yaml", request -> files.file(PACKAGE, "openapi.yaml")),
        Route.open("/webjars/{path...}", request -> files.webjar(request.path("path"))),
        Route.open("/", request -> files.file(PACKAGE + "page/", "index.html")),
        Route.get("/api/{path...}", request -> unknown()),
        Route.open("/{path...}", request -> files.file(PACKAGE + "page/", request.path("path"))));
  }

  private static Answer ok(JsonNode body) {
    return Answer.json(200, body);
  }

  private static Answer unknown() {
    throw new HttpException(404, "there is nothing here");
  }

  private Answer sagas(Request request) {
    Page page = page(request.parameters());
    ObjectNode all = JSON.createObjectNode();
    ArrayNode lines = all.putArray("sagas");
    SagaLine line = new SagaLine(tracker.declarations());
    page.lines().forEach(each -> lines.add(line.json(each.saga())));
    byte[] stop = page.stop();
    return ok(all.put("next", stop == null ? null : SagaQuery.cursor(stop)));
  }

  /** The sagas that are asked for. */
  Page page(Map<String, String> asked) {
    String status = asked.get("status");
    if (status != null && !Overview.STATUSES.contains(status)) {
      throw wrong("status", status, "one of " + String.join(", ", Overview.STATUSES));
    }
    String after = asked.get("after");
    return tracker.page(
        new SagaQuery(
            status,
            asked.get("choreography"),
            asked.get("step"),
            time(asked, "since"),
            time(asked, "until"),
            asked.get("id"),
            number(asked, "limit", 50, SagaQuery.MOST),
            after == null ? null : position(after),
            false));
  }

  /** The saga of a line as commands address it; null if its start is not adopted. */
  @Nullable Target target(Tracked saga) {
    return tracker.declarations().stream()
        .filter(each -> each.id().equals(saga.declaration()))
        .findFirst()
        .map(each -> new Target(saga.saga(), each, Instant.ofEpochMilli(saga.deadline())))
        .orElse(null);
  }

  private static byte[] position(String after) {
    try {
      return SagaQuery.position(after);
    } catch (IllegalArgumentException e) {
      throw wrong("after", after, "the next of the page before");
    }
  }

  private static @Nullable Instant time(Map<String, String> asked, String name) {
    String text = asked.get(name);
    try {
      return text == null ? null : Instant.parse(text);
    } catch (DateTimeException e) {
      throw wrong(name, text, "a time such as 2027-01-31T10:00:00Z");
    }
  }

  private static int number(Map<String, String> asked, String name, int ifUnset, int most) {
    String text = asked.get(name);
    if (text == null) {
      return ifUnset;
    }
    int number = text.matches("\\d{1,6}") ? Integer.parseInt(text) : 0;
    if (number < 1 || number > most) {
      throw wrong(name, text, "a whole number from 1 to " + most);
    }
    return number;
  }

  private static HttpException wrong(String name, @Nullable String found, String expected) {
    return new HttpException(400, "%s is '%s', expected %s".formatted(name, found, expected));
  }

  /** The saga that a path names. */
  SagaTrace trace(Request request) {
    return trace(request.path("choreography"), request.path("id"));
  }

  private SagaTrace trace(String choreography, String id) {
    List<Declaration> declarations =
        tracker.declarations().stream().filter(each -> each.name().equals(choreography)).toList();
    List<TracedEvent> events =
        tracker.events(choreography, id).stream()
            .map(record -> mask.event(record, cluster.event(record)))
            .toList();
    Optional<SagaTrace> trace =
        SagaTrace.of(id, declarations, events, tracker.horizon(clock.instant())).stream()
            .findFirst();
    return trace.orElseThrow(
        () -> new HttpException(404, "no saga '%s' of %s is tracked".formatted(id, choreography)));
  }

  private Answer saga(Request request) {
    return ok(TraceJson.whole(trace(request), clock.instant()));
  }

  private Answer explain(Request request) {
    ObjectNode all = JSON.createObjectNode();
    Explanation.of(trace(request), clock.instant()).forEach(all.putArray("sentences")::add);
    return ok(all);
  }

  private Answer steps(Request request) {
    return ok(
        Graphs.steps(
            tracker, number(request.parameters(), "hours", 24, MOST_HOURS), clock.instant()));
  }

  private Answer deadLetters(Request request) throws InterruptedException {
    String all = request.parameters().getOrDefault("all", "false");
    if (!all.matches("true|false")) {
      throw wrong("all", all, "true or false");
    }
    DeadLetters letters = DeadLetters.read(cluster);
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode listed = answer.putArray("dead_letters");
    for (PutAside letter : all.equals("true") ? letters.all() : letters.open()) {
      ObjectNode line = DeadLettersCommand.line(JSON.createObjectNode(), letter);
      for (String field : List.of("key", "reason", "replayed_because")) {
        JsonNode said = line.path(field);
        line.put(field, said.isNull() ? null : mask.withoutKey(said.asText(), letter.key()));
      }
      listed.add(line);
    }
    return ok(answer);
  }

  private @Nullable Answer changes(Request request) throws java.io.IOException {
    String saga = request.parameters().get("saga");
    if (saga != null && !Progress.isSubject(saga)) {
      throw wrong("saga", saga, "a choreography's name, a slash and a saga's id");
    }
    String first;
    try {
      first = Overview.of(tracker, clock.instant()).toString();
    } catch (NotYetException e) {
      // A browser that is answered 503 would not come again by itself.
      first = null;
    }
    changes.serve(request, saga, "overview", first);
    return null;
  }

  private Answer health() {
    Optional<String> trouble = tracker.ownTrouble();
    return Answer.json(
        trouble.isEmpty() ? 200 : 503,
        JSON.createObjectNode()
            .put("status", trouble.isEmpty() ? "up" : "down")
            .put("detail", trouble.orElse("running")));
  }
}
