// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who may ask for what, over HTTP. */
class WebTest {

  private static final String READ = "to-read-to-read-to-read";
  private static final String ACT = "to-act-to-act-to-act-to";
  private static final String CSRF = "X-CSRF-Token";

  private final HttpClient http = HttpClient.newHttpClient();
  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private Web web;
  private String url;

  @BeforeEach
  void serve() throws IOException {
    InstantSource clock = now::get;
    HttpServer bound = Web.bind("127.0.0.1", 0);
    url = "http://127.0.0.1:" + bound.getAddress().getPort();
    List<Route> routes =
        List.of(
            Route.get("/read", request -> Answer.text("text/plain", "what only readers see")),
            Route.post("/act", request -> Answer.json(200, request.json())),
            Route.open("/open", request -> Answer.text("text/plain", "open")));
    web = Web.serve(bound, new Access(READ, ACT, clock), routes, failure -> null);
  }

  @AfterEach
  void stop() {
    web.close();
  }

  private HttpResponse<String> ask(HttpRequest.Builder request, String... headers)
      throws Exception {
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.timeout(Duration.ofSeconds(10)).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    return ask(HttpRequest.newBuilder(URI.create(url + path)), headers);
  }

  private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    return ask(
        HttpRequest.newBuilder(URI.create(url + path))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)),
        headers);
  }

  private static String[] bearer(String token) {
    return new String[] {"Authorization", "Bearer " + token};
  }

  private static String[] with(String[] some, String... more) {
    return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
  }

  /** The session's cookie, and what each POST has to repeat. */
  private String[] login(String token) throws Exception {
    HttpResponse<String> answer = post("/login", "{\"token\": \"%s\"}".formatted(token));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    String cookie = answer.headers().firstValue("Set-Cookie").orElseThrow();
    assertThat(cookie).contains("HttpOnly", "SameSite=Strict");
    return new String[] {
      "Cookie",
      cookie.substring(0, cookie.indexOf(';')),
      CSRF,
      new ObjectMapper().readTree(answer.body()).path("csrf").asText()
    };
  }

  private static String[] cookie(String[] session) {
    return new String[] {session[0], session[1]};
  }

  @Test
  void nobody_sees_what_is_not_open_without_a_token_that_is_right_to_its_last_letter()
      throws Exception {
    for (String[] who :
        List.of(
            new String[0],
            bearer(""),
            bearer(READ + "x"),
            bearer(READ.substring(1)),
            bearer(ACT.substring(0, ACT.length() - 1)),
            new String[] {"Authorization", "Basic " + READ},
            new String[] {"Cookie", "session=" + READ})) {
      assertThat(get("/read", who).statusCode()).isEqualTo(401);
      assertThat(get("/read", who).body()).doesNotContain("readers");
      assertThat(post("/act", "{}", who).statusCode()).isEqualTo(401);
      assertThat(get("/open", who).statusCode()).isEqualTo(200);
    }
    assertThat(post("/login", "{\"token\": \"%sx\"}".formatted(READ)).statusCode()).isEqualTo(401);
  }

  @Test
  void the_token_to_read_does_not_act_and_the_one_to_act_reads() throws Exception {
    assertThat(get("/read", bearer(READ)).body()).contains("readers");
    assertThat(get("/read", bearer(ACT)).body()).contains("readers");
    assertThat(post("/act", "{}", bearer(READ)).statusCode()).isEqualTo(403);
    assertThat(post("/act", "{}", login(READ)).statusCode()).isEqualTo(403);
    assertThat(post("/act", "{}", bearer(ACT)).statusCode()).isEqualTo(200);
  }

  @Test
  void a_session_acts_only_with_what_no_other_page_can_know() throws Exception {
    String[] session = login(ACT);
    String[] other = login(ACT);
    assertThat(get("/read", cookie(session)).statusCode()).isEqualTo(200);
    assertThat(post("/act", "{}", cookie(session)).statusCode()).isEqualTo(403);
    assertThat(post("/act", "{}", with(cookie(session), CSRF, other[3])).statusCode())
        .isEqualTo(403);
    assertThat(post("/act", "{}", with(cookie(session), CSRF, "")).statusCode()).isEqualTo(403);
    assertThat(post("/act", "{}", session).statusCode()).isEqualTo(200);
  }

  @Test
  void a_page_of_another_origin_does_not_act_whatever_it_knows() throws Exception {
    String[] session = login(ACT);
    for (String origin : List.of("http://elsewhere.example", url + "0", "null", "no origin")) {
      assertThat(post("/act", "{}", with(session, "Origin", origin)).statusCode()).isEqualTo(403);
    }
    assertThat(post("/act", "{}", with(session, "Origin", url)).statusCode()).isEqualTo(200);
  }

  @Test
  void a_session_ends_by_itself_half_a_day_after_its_last_request_and_when_it_is_told_to()
      throws Exception {
    String[] session = login(READ);
    now.updateAndGet(at -> at.plus(Duration.ofHours(11)));
    assertThat(get("/read", cookie(session)).statusCode()).isEqualTo(200);
    now.updateAndGet(at -> at.plus(Duration.ofHours(11)));
    assertThat(get("/read", cookie(session)).statusCode()).isEqualTo(200);
    now.updateAndGet(at -> at.plus(Duration.ofHours(12)).plusSeconds(1));
    assertThat(get("/read", cookie(session)).statusCode()).isEqualTo(401);
    String[] left = login(READ);
    assertThat(post("/logout", "", left).statusCode()).isEqualTo(204);
    assertThat(get("/read", cookie(left)).statusCode()).isEqualTo(401);
  }

  @Test
  void a_body_that_is_no_json_or_too_large_is_refused() throws Exception {
    assertThat(post("/act", "{", bearer(ACT)).statusCode()).isEqualTo(400);
    assertThat(post("/act", "[]", bearer(ACT)).statusCode()).isEqualTo(400);
    assertThat(post("/act", "\"%s\"".formatted("x".repeat(1 << 20)), bearer(ACT)).statusCode())
        .isEqualTo(413);
    assertThat(
            ask(
                    HttpRequest.newBuilder(URI.create(url + "/act"))
                        .header("Content-Type", "text/plain")
                        .POST(BodyPublishers.ofString("{}")),
                    bearer(ACT))
                .statusCode())
        .isEqualTo(415);
  }

  @Test
  void tokens_that_can_be_guessed_or_are_the_same_are_refused() {
    assertThatThrownBy(() -> new Access("short", ACT, InstantSource.system()))
        .hasMessageContaining("at least 16 characters");
    assertThatThrownBy(() -> new Access(READ, READ, InstantSource.system()))
        .hasMessageContaining("are the same");
  }
}
