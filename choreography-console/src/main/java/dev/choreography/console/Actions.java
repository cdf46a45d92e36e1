// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.EventType;
import dev.choreography.console.Control.Target;
import dev.choreography.console.OperatorCommand.Saying;
import dev.choreography.console.Repairs.Asked;
import dev.choreography.console.trace.Parking;
import dev.choreography.console.trace.Refusal;
import dev.choreography.console.trace.SagaTrace;
import dev.choreography.console.tracker.Page;
import dev.choreography.console.tracker.SagaQuery;
import dev.choreography.console.web.Answer;
import dev.choreography.console.web.HttpException;
import dev.choreography.console.web.Request;
import dev.choreography.console.web.Route;
import dev.choreography.control.Resolve;
import dev.choreography.control.Retry;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.TripBooking;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What operators do over HTTP: the same as the commands do, with the same refusals. */
final class Actions {

  /** Who did what, and why; on record here also where it leaves nothing in a trace. */
  private static final Logger LOG = LoggerFactory.getLogger(Actions.class);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String WHO = "console";
  private static final int LONGEST = 1_000;
  private static final String REPAIR = "repair";
  private static final Set<String> UNENDED = Set.of("in_flight", "stuck");
  private static final String NOT_ADOPTED =
      "its start is not adopted, so no journal has it: publish the start again";

  private final Cluster cluster;
  private final Api api;

  Actions(Cluster cluster, Api api) {
    this.cluster = cluster;
    this.api = api;
  }

  List<Route> routes() {
    String saga = "/api/sagas/{choreography}/{id}";
    return List.of(
        Route.post("/api/sagas", this::start),
        Route.post(saga + "/cancel", this::cancel),
        Route.post(saga + "/repair", this::repair),
        Route.post("/api/sagas/repair", this::repairMany),
        Route.post(saga + "/steps/{step}/retry", this::retry),
        Route.post(saga + "/steps/{step}/resolve", this::resolve),
        Route.post("/api/dead-letters/replay", this::replay));
  }

  private Answer start(Request request) throws IOException, InterruptedException {
    JsonNode asked = request.json();
    String said = text(asked, "choreography");
    String choreography = said == null ? TripBooking.CHOREOGRAPHY.name() : said;
    String id = text(asked, "id");
    JsonNode data = asked.path("data");
    boolean isSaid = !data.isMissingNode() && !data.isNull();
    String saga;
    RecordMetadata where;
    if (choreography.equals(TripBooking.CHOREOGRAPHY.name())) {
      BookingStarted booking = Booking.of(id, isSaid ? data.toString() : null);
      saga = booking.getSagaId();
      where = Booking.publish(cluster, booking);
    } else {
      Start start =
          Start.of(
              cluster,
              cluster.declarationsIfAny(),
              choreography,
              id,
              isSaid ? data : JSON.createObjectNode());
      saga = start.saga();
      where = start.publish(cluster);
    }
    record(saga, "start", asked);
    return Answer.json(
        201,
        where(JSON.createObjectNode().put("saga", saga).put("choreography", choreography), where));
  }

  private Answer cancel(Request request) throws IOException, InterruptedException {
    JsonNode asked = request.json();
    String reason = text(asked, "reason");
    SagaTrace trace = api.trace(request);
    return say(
        asked,
        trace,
        CancelCommand.saying(
            trace, reason == null ? "cancelled by an operator" : reason, who(asked)));
  }

  private Answer retry(Request request) throws IOException, InterruptedException {
    JsonNode asked = request.json();
    String reason = text(asked, "reason");
    SagaTrace trace = api.trace(request);
    Parking parking = Parking.of(trace, request.path("step"));
    return say(
        asked,
        trace,
        ParkingCommand.saying(
            parking,
            new Retry(
                parking.saga(),
                parking.step(),
                parking.times(),
                who(asked),
                reason == null ? "" : reason),
            "is to be tried again"));
  }

  private Answer resolve(Request request) throws IOException, InterruptedException {
    JsonNode asked = request.json();
    String reason = text(asked, "reason");
    if (reason == null) {
      throw new HttpException(400, "reason is missing: what was done by hand, and why");
    }
    SagaTrace trace = api.trace(request);
    Parking parking = Parking.of(trace, request.path("step"));
    return say(
        asked,
        trace,
        ParkingCommand.saying(
            parking,
            new Resolve(parking.saga(), parking.step(), parking.times(), who(asked), reason),
            "counts as done by hand"));
  }

  private Answer repair(Request request) throws IOException, InterruptedException {
    JsonNode asked = request.json();
    SagaTrace trace = api.trace(request);
    List<Asked> told = new ArrayList<>();
    if (!Repairs.ask(cluster, List.of(Target.of(trace)), who(asked), why(asked), told::add)) {
      throw new Refusal(told.get(0).text());
    }
    record(trace.saga(), REPAIR, asked);
    return Answer.json(202, told.get(0).json());
  }

  /** One page of those that have not ended: which, the parameters of the list of sagas say. */
  private Answer repairMany(Request request) throws IOException, InterruptedException {
    JsonNode asked = request.json();
    Map<String, String> chosen = request.parameters();
    if (!UNENDED.contains(chosen.getOrDefault("status", ""))) {
      throw new HttpException(400, "status is missing, expected one of in_flight, stuck");
    }
    Page page = api.page(chosen);
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode sagas = answer.putArray("sagas");
    List<Target> targets = new ArrayList<>();
    for (Page.Line line : page.lines()) {
      Target target = api.target(line.saga());
      if (target == null) {
        sagas.add(new Asked(line.saga().saga(), null, NOT_ADOPTED).json());
      } else {
        targets.add(target);
      }
    }
    boolean ignored =
        Repairs.ask(
            cluster,
            targets,
            who(asked),
            why(asked),
            each -> {
              if (each.where() != null) {
                record(each.saga(), REPAIR, asked);
              }
              sagas.add(each.json());
            });
    byte[] stop = page.stop();
    return Answer.json(202, answer.put("next", stop == null ? null : SagaQuery.cursor(stop)));
  }

  private Answer say(JsonNode asked, SagaTrace trace, Saying saying) throws InterruptedException {
    RecordMetadata where =
        Control.publish(cluster, trace, saying.event(), saying.number(), saying.otherwise());
    String what = EventType.of(saying.event().getClass()).topic() + saying.number();
    record(trace.saga(), what, asked);
    return Answer.json(202, where(JSON.createObjectNode().put("saga", trace.saga()), where));
  }

  private Answer replay(Request request) throws IOException, InterruptedException {
    JsonNode asked = request.json();
    String reason = text(asked, "reason");
    List<String> names = new ArrayList<>();
    asked.path("names").forEach(name -> names.add(name.asText()));
    if (names.isEmpty()) {
      throw new HttpException(400, "names is missing: a list of dead letters");
    }
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode replayed = answer.putArray("replayed");
    Replayed.replay(
        cluster,
        names,
        new PutAside.Operator(who(asked), reason == null ? "" : reason),
        each -> {
          record("", "replay/" + each.name(), asked);
          replayed.add(each.json());
        });
    return Answer.json(202, answer);
  }

  private static ObjectNode where(ObjectNode answer, RecordMetadata where) {
    return answer
        .put("topic", where.topic())
        .put("partition", where.partition())
        .put("offset", where.offset());
  }

  /** One line, whatever was said. */
  private static void record(String saga, String what, JsonNode asked) {
    String reason = text(asked, "reason");
    LOG.info(
        "saga={} event={} outcome=said who={} why={}",
        JSON.getNodeFactory().textNode(saga),
        JSON.getNodeFactory().textNode(what),
        JSON.getNodeFactory().textNode(who(asked)),
        JSON.getNodeFactory().textNode(reason == null ? "" : reason));
  }

  private static String why(JsonNode asked) {
    String reason = text(asked, "reason");
    return reason == null ? "" : reason;
  }

  private static String who(JsonNode asked) {
    String who = text(asked, "who");
    return who == null ? WHO : who;
  }

  /** A text that is said, or null. */
  private static @Nullable String text(JsonNode asked, String name) {
    JsonNode value = asked.path(name);
    if (value.isMissingNode()
        || value.isNull()
        || (value.isTextual() && value.asText().isBlank())) {
      return null;
    }
    if (!value.isTextual() || value.asText().length() > LONGEST) {
      throw new HttpException(
          400, "%s is to be a text of at most %s characters".formatted(name, LONGEST));
    }
    return value.asText().strip();
  }
}
