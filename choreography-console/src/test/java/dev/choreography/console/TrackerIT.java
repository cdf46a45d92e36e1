// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.trace.Declaration;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Two consoles that share the sagas of one cluster; at last one of them is killed. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TrackerIT {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LONG = Duration.ofHours(1);
  private static final int LAST = Integer.MAX_VALUE;
  private static final String WHIM = "{\"reason\": \"a whim\"}";

  private static @Nullable TrackedCluster opened;
  private static @Nullable Declaration declared;
  private static @Nullable ServiceProcess one;
  private static @Nullable ServiceProcess other;

  @BeforeAll
  static void start() throws Exception {
    TrackedCluster cluster = new TrackedCluster();
    opened = cluster;
    declared = cluster.declare("alpha", 3);
    one = cluster.console("one", "reason,key");
    other = cluster.console("other", "reason,key");
    one().awaitUp();
    other().awaitUp();
    AgainstUp.waitUntil(
        () ->
            cluster
                .get(one(), "/metrics", TrackedCluster.bearer(TrackedCluster.READ))
                .body()
                .contains("choreography_console_instances 2"));
  }

  @AfterAll
  static void stop() throws Exception {
    cluster().close();
  }

  private static TrackedCluster cluster() {
    return Objects.requireNonNull(opened);
  }

  private static Declaration alpha() {
    return Objects.requireNonNull(declared);
  }

  private static ServiceProcess one() {
    return Objects.requireNonNull(one);
  }

  private static ServiceProcess other() {
    return Objects.requireNonNull(other);
  }

  private static String[] mayRead() {
    return TrackedCluster.bearer(TrackedCluster.READ);
  }

  private static String[] mayAct() {
    return TrackedCluster.bearer(TrackedCluster.ACT);
  }

  private static void publish(String saga, String... events) throws Exception {
    cluster().publish(alpha(), saga, Instant.now(), LONG, events);
  }

  private static void awaitEvents(String saga, int events) throws Exception {
    AgainstUp.waitUntil(
        () -> cluster().read(one(), "/api/sagas/alpha/" + saga).path("events").size() == events);
  }

  /** What the command prints, from the topics alone. */
  private static JsonNode printed(String saga) throws Exception {
    StringWriter out = new StringWriter();
    assertThat(saga(out, "trace", saga, "--json")).isEqualTo(Console.OK);
    return JSON.readTree(out.toString());
  }

  private static int saga(StringWriter out, String... arguments) {
    return Console.commandLine()
        .setOut(new PrintWriter(out))
        .execute(
            Stream.concat(
                    Stream.of(arguments),
                    Stream.of(
                        "--bootstrap",
                        cluster().properties().getProperty(ClusterOptions.BOOTSTRAP),
                        "--registry",
                        cluster().properties().getProperty(ClusterOptions.REGISTRY)))
                .toArray(String[]::new));
  }

  @Test
  @Order(1)
  void whichever_console_is_asked_tells_of_a_saga_what_the_command_tells() throws Exception {
    for (int i = 0; i < 8; i++) {
      String saga = "equal/" + i;
      publish(saga, "begun", "begun", "a_done", "b_failed", "a_undone", "a_done");
      String path = "/api/sagas/alpha/equal%2F" + i;
      AgainstUp.waitUntil(() -> cluster().read(one(), path).path("events").size() == 6);
      JsonNode told = cluster().read(one(), path);
      assertThat(cluster().read(other(), path)).isEqualTo(told);
      assertThat(told.path("status").asText()).isEqualTo("compensated");
      assertThat(told).isEqualTo(masked(printed(saga)));
    }
  }

  /** The command masks nothing; the consoles here mask the reason and dead letters' keys. */
  private static JsonNode masked(JsonNode printed) {
    assertThat(printed.toString()).contains("secret-");
    for (JsonNode event : printed.path("events")) {
      ((ObjectNode) event.path("payload")).put("reason", "***");
      ((ObjectNode) event)
          .put("says", event.path("says").asText().replaceAll("secret-[\\w/]+", "***"));
    }
    return printed;
  }

  @Test
  void what_is_masked_is_seen_by_nobody() throws Exception {
    Listener listener = Listener.of(other(), "/api/changes?saga=alpha%2Fmasked", mayAct());
    publish("masked", "begun", "begun", "a_failed");
    cluster().putAside(alpha(), "a-service", "secret-key");
    awaitEvents("masked", 3);
    for (String path :
        List.of(
            "/api/sagas/alpha/masked",
            "/api/sagas/alpha/masked/explain",
            "/api/sagas?id=masked",
            "/api/overview",
            "/api/choreographies",
            "/api/dead-letters",
            "/api/dead-letters?all=true")) {
      HttpResponse<String> answer = cluster().get(other(), path, mayAct());
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      assertThat(answer.body()).as(path).doesNotContain("secret-");
    }
    JsonNode letter = cluster().read(other(), "/api/dead-letters").at("/dead_letters/0");
    assertThat(letter.path("key").asText()).isEqualTo("***");
    assertThat(letter.path("reason").asText()).isEqualTo("the key is '***', which is no saga's");
    listener.await("progress", line -> line.path("events").asInt() == 3);
    listener.await("saga", line -> line.path("status").asText().equals("compensated"));
    assertThat(listener.heard()).noneMatch(told -> told.contains("secret-"));
  }

  @Test
  void what_an_operator_does_is_one_line_of_the_log_and_says_who_and_why() throws Exception {
    publish("audited", "begun", "begun");
    awaitEvents("audited", 2);
    String path = "/api/sagas/alpha/audited/cancel";
    String body = "{\"reason\": \"called,\\nat \\\"noon\\\"\", \"who\": \"ann\"}";
    assertThat(cluster().post(one(), path, body, mayRead()).statusCode()).isEqualTo(403);
    assertThat(cluster().post(one(), path, body, mayAct()).statusCode()).isEqualTo(202);
    AgainstUp.waitUntil(() -> cluster().log("one").contains("saga=\"audited\""));
    assertThat(cluster().log("one").lines().filter(line -> line.contains("audited")))
        .singleElement()
        .asString()
        .endsWith(
            " Actions saga=\"audited\" event=\"cancel\" outcome=said who=\"ann\" why=\"called,\\nat \\\"noon\\\"\"");
    body = "{\"choreography\": \"alpha\", \"id\": \"audited-too\", \"data\": %s}".formatted(WHIM);
    assertThat(cluster().post(one(), "/api/sagas", body, mayAct()).statusCode()).isEqualTo(201);
    AgainstUp.waitUntil(
        () ->
            cluster()
                .log("one")
                .contains(
                    "saga=\"audited-too\" event=\"start\" outcome=said who=\"console\" why=\"\""));
  }

  @Test
  void without_a_token_nothing_is_told() throws Exception {
    publish("hidden", "begun", "begun");
    awaitEvents("hidden", 2);
    for (String path :
        List.of(
            "/api/overview",
            "/api/sagas",
            "/api/sagas/alpha/hidden",
            "/api/sagas/alpha/hidden/explain",
            "/api/choreographies",
            "/api/steps",
            "/api/participants",
            "/api/dead-letters",
            "/api/changes",
            "/api/nothing",
            "/metrics",
            "/peer/page")) {
      for (String[] headers :
          List.of(
              new String[0],
              TrackedCluster.bearer(TrackedCluster.READ + "x"),
              new String[] {"Cookie", "session=guessed"})) {
        HttpResponse<String> answer = cluster().get(one(), path, headers);
        assertThat(answer.statusCode()).as(path).isEqualTo(401);
        assertThat(answer.body().strip()).isEqualTo("{\"error\":\"a token is needed\"}");
      }
    }
    assertThat(cluster().post(one(), "/api/sagas/alpha/hidden/cancel", "{}").statusCode())
        .isEqualTo(401);
    assertThat(cluster().get(one(), "/").body()).doesNotContain("hidden\"", "alpha");
  }

  @Test
  void every_answer_forbids_what_a_page_does_not_need() throws Exception {
    for (String path : List.of("/", "/api/overview", "/nothing.js", "/login")) {
      assertThat(cluster().get(one(), path, mayRead()).headers().map())
          .as(path)
          .containsEntry("x-content-type-options", List.of("nosniff"))
          .hasEntrySatisfying(
              "content-security-policy",
              policy ->
                  assertThat(policy.get(0))
                      .contains("default-src 'none'", "frame-ancestors 'none'")
                      .doesNotContain("unsafe"));
    }
    assertThat(cluster().get(one(), "/../openapi.yaml").statusCode()).isNotEqualTo(200);
    assertThat(cluster().get(one(), "/%2e%2e/openapi.yaml").statusCode()).isEqualTo(404);
  }

  @Test
  void only_the_token_to_act_acts() throws Exception {
    publish("acted", "begun", "begun");
    awaitEvents("acted", 2);
    String path = "/api/sagas/alpha/acted/cancel";
    assertThat(cluster().post(one(), path, "{}", mayRead()).statusCode()).isEqualTo(403);
    assertThat(cluster().read(one(), "/api/sagas/alpha/acted").path("events")).hasSize(2);
    String body = "{\"reason\": \"asked for\", \"who\": \"ann\"}";
    assertThat(cluster().post(one(), path, body, mayAct()).statusCode()).isEqualTo(202);
    awaitEvents("acted", 3);
    JsonNode cancel = cluster().read(one(), "/api/sagas/alpha/acted").at("/events/2");
    assertThat(cancel.path("kind").asText()).isEqualTo("cancel");
    assertThat(cancel.at("/payload/who").asText()).isEqualTo("ann");
  }

  @Test
  void one_saga_or_all_that_have_not_ended_are_repaired() throws Exception {
    publish("torn-1", "begun", "begun");
    publish("torn-2", "begun", "begun", "a_done");
    publish("torn-3", "begun", "begun", "a_done", "b_done");
    awaitEvents("torn-1", 2);
    awaitEvents("torn-2", 3);
    awaitEvents("torn-3", 4);
    String one = "/api/sagas/alpha/torn-1/repair";
    String many = "/api/sagas/repair?status=in_flight&id=torn-";
    String body = "{\"reason\": \"a disk was lost\", \"who\": \"ann\"}";
    for (String path : List.of(one, many)) {
      assertThat(cluster().post(one(), path, body, mayRead()).statusCode()).isEqualTo(403);
    }
    assertThat(cluster().post(one(), one, body, mayAct()).statusCode()).isEqualTo(202);
    awaitEvents("torn-1", 3);
    JsonNode repair = cluster().read(one(), "/api/sagas/alpha/torn-1").at("/events/2");
    assertThat(repair.path("kind").asText()).isEqualTo("repair");
    assertThat(repair.path("says").asText()).isEqualTo("repair, who: ann, why: a disk was lost");
    HttpResponse<String> answer = cluster().post(one(), many, body, mayAct());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    assertThat(JSON.readTree(answer.body()).findValuesAsText("saga"))
        .containsExactlyInAnyOrder("torn-1", "torn-2");
    awaitEvents("torn-1", 4);
    awaitEvents("torn-2", 4);
    assertThat(cluster().post(one(), "/api/sagas/repair", body, mayAct()).statusCode())
        .as("nobody said which")
        .isEqualTo(400);
    assertThat(cluster().post(one(), "/api/sagas/alpha/none/repair", body, mayAct()).statusCode())
        .isEqualTo(404);
  }

  @Test
  void what_cannot_be_done_is_refused_in_a_sentence() throws Exception {
    publish("refused", "begun", "begun", "a_done", "b_done");
    awaitEvents("refused", 4);
    String saga = "/api/sagas/alpha/refused";
    assertThat(cluster().post(one(), saga + "/cancel", "{}", mayAct()))
        .satisfies(
            answer -> {
              assertThat(answer.statusCode()).isEqualTo(409);
              assertThat(answer.body()).contains("has already completed");
            });
    assertThat(cluster().post(one(), saga + "/steps/a/retry", "{}", mayAct()).statusCode())
        .isEqualTo(409);
    assertThat(cluster().post(one(), saga + "/steps/a/resolve", "{}", mayAct()).statusCode())
        .isEqualTo(400);
    assertThat(cluster().get(one(), "/api/sagas/alpha/none", mayRead()).statusCode())
        .isEqualTo(404);
    assertThat(cluster().get(one(), "/api/sagas?limit=many", mayRead()).body())
        .contains("limit is 'many', expected a whole number from 1 to 500");
  }

  @Test
  void any_choreography_is_started_by_what_the_registry_knows_of_its_start() throws Exception {
    publish("known", "begun");
    HttpResponse<String> started =
        cluster()
            .post(
                other(),
                "/api/sagas",
                "{\"choreography\": \"alpha\", \"data\": {\"reason\": \"a whim\"}}",
                mayAct());
    assertThat(started.statusCode()).as(started.body()).isEqualTo(201);
    JsonNode told = JSON.readTree(started.body());
    String saga = told.path("saga").asText();
    assertThat(saga).startsWith("alpha-");
    assertThat(told.path("topic").asText()).isEqualTo("alpha_begun");
    awaitEvents(saga, 1);
    assertThat(printed(saga).at("/events/0/payload"))
        .isEqualTo(JSON.readTree("{\"saga_id\": \"%s\", \"reason\": \"a whim\"}".formatted(saga)));
    StringWriter out = new StringWriter();
    assertThat(saga(out, "start", "--choreography", "alpha", "--id", "by/hand", "--data", "{}"))
        .isEqualTo(Console.WRONG_USE);
    assertThat(
            saga(
                out,
                "start",
                "--choreography",
                "alpha",
                "--id",
                "by/hand",
                "--data",
                WHIM,
                "--json"))
        .isEqualTo(Console.OK);
    assertThat(out.toString()).contains("\"saga_id\":\"by/hand\"");
    awaitEvents("by%2Fhand", 1);
  }

  @Test
  void a_start_that_does_not_fit_is_refused_naming_the_field() throws Exception {
    publish("known", "begun");
    for (Map.Entry<String, String> asked :
        Map.of(
                "{\"choreography\": \"alpha\", \"data\": {\"reason\": 3}}",
                "the data cannot be used: reason is 3, expected a text",
                "{\"choreography\": \"alpha\", \"data\": {}}",
                "reason is missing, expected a text",
                "{\"choreography\": \"gamma\"}",
                "no choreography 'gamma' is declared, expected one of [alpha",
                "{\"choreography\": \"alpha\", \"id\": \"x\", \"data\": {\"saga_id\": \"y\"}}",
                "the id is 'x', and saga_id in the data 'y'")
            .entrySet()) {
      HttpResponse<String> answer = cluster().post(one(), "/api/sagas", asked.getKey(), mayAct());
      assertThat(answer.statusCode()).as(asked.getKey()).isEqualTo(400);
      assertThat(answer.body()).contains(asked.getValue());
    }
  }

  @Test
  void one_that_is_past_its_deadline_is_noticed() throws Exception {
    cluster()
        .publish(
            alpha(),
            "late",
            Instant.now().minusSeconds(600),
            Duration.ofSeconds(30),
            "begun",
            "begun",
            "a_done");
    AgainstUp.waitUntil(
        () ->
            cluster()
                .read(other(), "/api/sagas?status=stuck&id=late")
                .at("/sagas/0/waits_for/0/participant")
                .asText()
                .equals("b-service"));
  }

  @Test
  void others_are_told_each_change_of_a_status_and_when_a_saga_leaves() throws Exception {
    cluster()
        .publish(
            alpha(),
            "leaving",
            Instant.now().minus(TrackedCluster.RETENTION.multipliedBy(2)),
            Duration.ofDays(1),
            "begun",
            "begun",
            "a_done");
    awaitEvents("leaving", 3);
    cluster()
        .publish(
            alpha(),
            "leaving",
            Instant.now().minus(TrackedCluster.RETENTION.multipliedBy(2)),
            Duration.ofDays(1),
            "begun",
            "b_done");
    AgainstUp.waitUntil(
        () ->
            new FromTopics(cluster().cluster())
                .told("alpha/leaving")
                .equals(List.of("open in_flight", "in_flight", "completed", "left")));
    assertThat(cluster().get(one(), "/api/sagas/alpha/leaving", mayRead()).statusCode())
        .isEqualTo(404);
  }

  @Test
  void whoever_has_opened_a_saga_is_told_each_of_its_events_and_others_are_not() throws Exception {
    publish("opened", "begun", "begun");
    awaitEvents("opened", 2);
    String path = "/api/changes?saga=alpha%2Fopened";
    List<Listener> opened =
        List.of(Listener.of(one(), path, mayRead()), Listener.of(other(), path, mayRead()));
    Listener all = Listener.of(one(), "/api/changes", mayRead());
    for (Listener each : opened) {
      each.await("progress", line -> line.path("events").asInt() == 2);
    }
    publish("opened", "begun", "begun", "a_done");
    for (Listener each : opened) {
      each.await("progress", line -> line.at("/waits_for/0/step").asText().equals("b"));
    }
    publish("opened", "begun", "b_done");
    all.await(
        "saga",
        line ->
            line.path("saga").asText().equals("opened")
                && line.path("status").asText().equals("completed"));
    assertThat(all.heard("progress")).isEmpty();
    assertThat(opened.get(0).heard("progress"))
        .extracting(line -> line.path("saga").asText())
        .containsOnly("opened");
    assertThat(cluster().get(one(), "/api/changes?saga=opened", mayRead()).body())
        .contains("saga is 'opened', expected a choreography's name, a slash and a saga's id");
  }

  @Test
  @Order(LAST - 1)
  void a_choreography_that_is_declared_later_appears_while_the_consoles_run() throws Exception {
    Declaration beta = cluster().declare("beta", 7);
    cluster().publish(beta, "new", Instant.now(), LONG, "begun", "begun", "a_done");
    AgainstUp.waitUntil(
        () ->
            cluster().read(one(), "/api/sagas?choreography=beta").at("/sagas/0/events").asInt()
                == 3);
    assertThat(one().isRunning()).isTrue();
    AgainstUp.waitUntil(
        () -> cluster().read(other(), "/api/sagas/beta/new").path("events").size() == 3);
    AgainstUp.waitUntil(
        () -> cluster().read(one(), "/api/overview").path("choreographies").size() == 2);
  }

  @Test
  @Order(LAST)
  void one_that_is_killed_is_replaced_and_nothing_is_lost_or_counted_twice() throws Exception {
    String[] all = {"begun", "begun", "a_done", "b_failed", "a_undone"};
    for (int i = 0; i < 60; i++) {
      publish("many-" + i, java.util.Arrays.copyOf(all, 2 + i % 4));
    }
    one().kill();
    for (int i = 60; i < 120; i++) {
      publish("many-" + i, java.util.Arrays.copyOf(all, 2 + i % 4));
    }
    Map<String, Long> counted = new FromTopics(cluster().cluster()).statuses("leaving");
    AgainstUp.waitUntil(
        () -> {
          JsonNode answer = cluster().read(other(), "/api/overview").path("sagas");
          Map<String, Long> told = new TreeMap<>();
          counted.keySet().forEach(status -> told.put(status, answer.path(status).asLong()));
          return told.equals(counted);
        });
    assertThat(counted.values().stream().mapToLong(Long::longValue).sum()).isGreaterThan(130);
  }
}
