// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.avro.AvroSerializer;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.kafka.Topics;
import dev.choreography.tripbooking.BookingStarted;
import dev.choreography.tripbooking.FlightBookingFailed;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openqa.selenium.Keys;

/** The page in a real browser, with real services behind it. */
@NeedsBrowser
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class PageIT extends AgainstUp {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String SCRIPT =
      "<img src=x onerror='window.stolen=1'><script>window.stolen=2</script>";
  private static final String CORRUPT =
      "UPDATE seat_reservations SET status = 'cancelled' WHERE saga_id = ?";

  private static @Nullable Browser started;
  private static String page = "";

  private final Browser browser = Objects.requireNonNull(started);

  @BeforeAll
  static void openTheBrowser() throws Exception {
    page = addresses().at("/console/url").asText();
    declareAnother();
    started =
        Browser.start(
            Files.createTempDirectory(Path.of("target").toAbsolutePath(), "page-it-browser-"));
    waitUntil(() -> get("health").statusCode() == 200);
    waitUntil(() -> get("api/overview", bearer("read")).body().contains("\"errand\""));
  }

  /** One that nobody hosts; the registry knows its start. */
  private static void declareAnother() throws Exception {
    Properties properties = new Properties();
    properties.setProperty(ClusterOptions.BOOTSTRAP, addresses().path("bootstrap").asText());
    properties.setProperty(ClusterOptions.REGISTRY, addresses().path("registry").asText());
    try (Cluster cluster = Cluster.connect(properties);
        AvroSerializer serializer = new AvroSerializer()) {
      serializer.configure(cluster.properties(), false);
      ChoreographyDeclared declared = TrackedCluster.createTopics(cluster, "errand", 1);
      byte[] value = serializer.serialize(Topics.CHOREOGRAPHIES, declared);
      publish(new ProducerRecord<>(Topics.CHOREOGRAPHIES, "errand:1".getBytes(UTF_8), value));
      var registered = serializer.serialize("errand_begun", new FlightBookingFailed("", ""));
      assertThat(registered).isNotEmpty();
    }
  }

  @AfterAll
  static void closeTheBrowser() {
    if (started != null) {
      started.close();
    }
  }

  @AfterEach
  void the_browser_has_nothing_to_complain_of() {
    assertThat(browser.complaints()).isEmpty();
  }

  @Test
  void without_a_token_nothing_is_shown_and_a_wrong_one_is_refused() throws Exception {
    browser.visit(page + "#/sagas");
    browser.await("h1", "Log in");
    browser.picture("login");
    assertThat(browser.count("nav, table, .figures, .line")).isZero();
    assertThat(get("api/sagas").statusCode()).isEqualTo(401);
    assertThat(get("api/changes").statusCode()).isEqualTo(401);
    assertThat(browser.complaints()).isEmpty();
    browser.type("not-the-token-at-all", Keys.ENTER);
    browser.await("[role=alert]", "neither the token to read nor the one to act");
    assertThat(browser.count("nav, table, .figures, .line")).isZero();
    assertThat(browser.complaints()).singleElement().asString().contains("/login", "401");
  }

  @Test
  void after_logging_out_nothing_is_left_to_see() throws Exception {
    login("", token("read"));
    browser.await(".line", "live");
    browser.await("table", "hotel-service");
    assertThat(browser.text("main")).doesNotContain("Start a saga");
    browser.click("#logout");
    browser.await("h1", "Log in");
    assertThat(browser.text("body")).doesNotContain("hotel-service", "live", "Overview");
    browser.load(page + "#/sagas");
    browser.await("h1", "Log in");
  }

  @Test
  void a_booking_is_seen_to_complete_without_a_reload() throws Exception {
    login("", token("act"));
    browser.await("[data-figure=completed]", "completed");
    long completed = Long.parseLong(browser.text("[data-figure=completed] .figure"));
    browser.ask("window.isTheSamePage = true");
    start("page-a", "");
    browser.await("#status[data-status=completed]", "completed");
    assertThat(drawn())
        .containsExactly("started", "started", "completed", "completed", "completed");
    assertThat(browser.count(".arrow.is-forth.to-the-right")).isEqualTo(3);
    assertThat(browser.count(".arrow.is-back")).isZero();
    assertThat(browser.text(".sentences")).contains("All its steps completed.");
    browser.picture("saga-completed");
    browser.click("header nav a[href='#/']");
    browser.await("[data-figure=completed] .figure", Long.toString(completed + 1));
    browser.await("table", "alive");
    browser.picture("overview");
    browser.click("header nav a[href='#/choreographies']");
    browser.await(".graph [data-event=car_booked]", "car_booked");
    assertThat(Long.parseLong(browser.text(".graph [data-event=car_booked] .count"))).isPositive();
    browser.picture("choreographies");
    assertThat(browser.ask("return window.isTheSamePage")).isEqualTo(true);
  }

  @Test
  void any_choreography_can_be_chosen_to_start_a_saga_of() throws Exception {
    login("", token("act"));
    browser.await("button", "Start a saga");
    start("errand", "page-errand", "{\"reason\": \"the post office\"}");
    browser.await("#status[data-status=in_flight]", "in flight");
    browser.await("#status", "errand of a version that is open until it is adopted");
    browser.await(".owed", "a-service owes errand_a_done or errand_a_failed");
    assertThat(get("api/sagas/errand/page-errand", bearer("read")).body())
        .contains("\"topic\":\"errand_begun\"", "\"reason\":\"the post office\"");
  }

  @Test
  void a_booking_is_seen_to_unwind_and_its_way_back_is_drawn_in_reverse() throws Exception {
    login("", token("act"));
    browser.await("button", "Start a saga");
    start("page-b", "{\"trip\": {\"car_location\": \"NOWHERE\"}}");
    browser.await("#status[data-status=compensated]", "compensated");
    assertThat(drawn())
        .containsExactly(
            "started", "started", "completed", "completed", "failed", "compensated", "compensated");
    assertThat(browser.count(".arrow.is-back.to-the-left")).isEqualTo(2);
    assertThat(browser.text(".sentences")).contains("there is no car location NOWHERE");
    browser.picture("saga-compensated");
  }

  @Test
  void a_payload_with_a_script_in_it_is_shown_as_text() throws Exception {
    login("", token("act"));
    browser.await("button", "Start a saga");
    String data = JSON.writeValueAsString(Map.of("trip", Map.of("customer_id", SCRIPT)));
    start("page-<b>c</b>", data);
    browser.await("#status[data-status=completed]", "completed");
    browser.click(".events li:first-child details:first-of-type summary");
    browser.await(".events pre", SCRIPT);
    assertThat(browser.text("h1")).isEqualTo("page-<b>c</b>");
    assertThat(browser.count("main img, main script, main b, [onerror]")).isZero();
    assertThat(browser.ask("return String(window.stolen)")).isEqualTo("undefined");
    browser.picture("saga-payload");
  }

  @Test
  void the_keyboard_alone_finds_those_that_are_stuck_and_they_leave_the_list_by_themselves()
      throws Exception {
    post("api/sagas", "{\"id\": \"page-other\"}");
    login("#/sagas", token("act"));
    browser.await("table", "page-other");
    long flight = service("flight-service");
    signal("STOP", flight);
    try {
      publishLongAgo("page-d");
      browser.load(page + "#/sagas");
      browser.await("table", "page-d");
      browser.type(Keys.TAB);
      assertThat(browser.ask("return document.activeElement.className")).isEqualTo("skip");
      browser.type(Keys.ENTER, Keys.TAB);
      assertThat(browser.ask("return document.activeElement.name")).isEqualTo("status");
      assertThat(browser.ask("return getComputedStyle(document.activeElement).outlineStyle"))
          .isEqualTo("solid");
      browser.type("stuck");
      browser.await("[data-saga=page-d]", "stuck");
      waitUntil(() -> browser.count("[data-saga]") == 1);
      assertThat(browser.address()).contains("status=stuck");
      browser.picture("sagas-stuck");
      browser.load(browser.address());
      browser.await("[data-saga=page-d]", "flight, from flight-service");
      assertThat(browser.ask("return document.querySelector('[name=status]').value"))
          .isEqualTo("stuck");
    } finally {
      signal("CONT", flight);
    }
    browser.await(".none", "There are none.");
  }

  @Test
  void what_is_typed_stays_while_the_list_changes_around_it() throws Exception {
    login("#/sagas", token("act"));
    browser.click("input[name=id]");
    browser.type("page-e");
    browser.await(".none", "There are none.");
    post("api/sagas", "{\"id\": \"page-e\"}");
    browser.await("[data-saga=page-e]", "completed");
    assertThat(browser.count("[data-saga]")).isOne();
    browser.type("!");
    assertThat(browser.ask("return document.activeElement.value")).isEqualTo("page-e!");
  }

  @Test
  void a_parked_step_is_resolved_by_hand_with_a_reason() throws Exception {
    login("", token("act"));
    browser.await("button", "Start a saga");
    long hotel = service("hotel-service");
    signal("STOP", hotel);
    try {
      start("page-f", "");
      browser.await(".owed", "hotel-service owes");
      assertThat(tell(CORRUPT, "page-f")).isOne();
      browser.click(".head button");
      browser.await("dialog[open]", "Cancel page-f?");
      browser.type(Keys.ESCAPE);
      browser.awaitNo("dialog");
      assertThat(browser.ask("return document.activeElement.textContent"))
          .isEqualTo("Cancel the saga …");
      browser.type(Keys.ENTER);
      browser.await("dialog[open]", "Cancel page-f?");
      browser.type("the customer called", Keys.TAB, "ann", Keys.ENTER);
      browser.await(".events", "the customer called");
      browser.await(".facts", "asked not to complete");
      browser.awaitNo(".head button");
    } finally {
      signal("CONT", hotel);
    }
    browser.await("[data-parked=flight]", "flight of flight-service waits for an operator");
    assertThat(browser.text(".error")).contains("cannot be cancelled");
    browser.picture("saga-parked");
    browser.click("[data-parked=flight] button:first-child");
    browser.await("dialog[open]", "Try flight of page-f again?");
    browser.type("it is looked at again", Keys.TAB, Keys.ENTER);
    browser.await("[data-parked=flight]", "For the 2nd time");
    browser.await(".sentences", "ann had flight tried again at");
    browser.await(".says", "why: it is looked at again");
    browser.click("[data-parked=flight] button:last-child");
    browser.await("dialog[open]", "Resolve flight of page-f by hand?");
    browser.picture("dialog");
    assertThat(browser.ask("return document.querySelector('#field-who').value")).isEqualTo("ann");
    browser.type("the seat was given back", Keys.TAB, Keys.ENTER);
    browser.await("#status[data-status=compensated]", "compensated");
    browser.await(".says", "who: ann, why: the seat was given back");
    assertThat(browser.text(".events")).contains("because of resolve");
    assertThat(browser.count(".sentences time")).isGreaterThan(3);
    assertThat(browser.text(".sentences")).doesNotContain("Z:", "because of 1");
    browser.awaitNo("[data-parked], dialog");
  }

  @Test
  void each_step_of_an_opened_saga_is_seen_when_it_happens_and_is_not_asked_for() throws Exception {
    login("", token("act"));
    browser.await("button", "Start a saga");
    long hotel = service("hotel-service");
    long car = service("car-service");
    signal("STOP", hotel);
    signal("STOP", car);
    try {
      start("page-live", "");
      browser.await(".owed", "hotel-service owes");
      // So that the page asks for nothing by itself.
      browser.ask("Object.defineProperty(document, 'hidden', { get: () => true })");
      signal("CONT", hotel);
      browser.await(".events", "hotel_booked");
      browser.await(".owed", "car-service owes");
    } finally {
      signal("CONT", hotel);
      signal("CONT", car);
    }
    browser.await("#status[data-status=completed]", "completed");
  }

  @Test
  void a_dead_letter_is_published_again() throws Exception {
    publish(
        new ProducerRecord<>(
            "booking_started", "page-g".getBytes(UTF_8), "no Avro at all".getBytes(UTF_8)));
    login("#/dead-letters", token("act"));
    browser.await("[data-letter]", "page-g");
    browser.picture("dead-letters");
    String first = browser.text("[data-letter] strong");
    browser.click("[data-letter] button");
    browser.await("dialog[open]", "Publish %s again?".formatted(first));
    browser.type("it is tried", Keys.TAB, "ann", Keys.ENTER);
    waitUntil(() -> browser.count("[data-letter='%s']".formatted(first)) == 0);
    browser.await("[data-letter]", "magic byte");
    browser.click("input[type=checkbox]");
    browser.await("[data-letter='%s']".formatted(first), "Published again by ann");
    browser.await("[data-letter='%s']".formatted(first), "it is tried");
  }

  @Test
  void a_lost_connection_is_said_and_what_was_missed_is_made_up_for() throws Exception {
    try (BreakableLine line = BreakableLine.to(URI.create(page))) {
      browser.visit(line.url() + "#/sagas");
      browser.await("h1", "Log in");
      browser.type(token("read"), Keys.ENTER);
      browser.await(".line", "live");
      line.cut();
      browser.await(".lost", "what is shown is old");
      post("api/sagas", "{\"id\": \"page-h\"}");
      browser.picture("connection-lost");
      line.mend();
      browser.await(".line", "live");
      browser.await("[data-saga=page-h]", "completed");
      assertThat(browser.count(".lost, .trouble")).isZero();
      browser.load("about:blank");
    }
    assertThat(browser.complaints()).allMatch(line -> line.contains("net::ERR_"));
  }

  private static String token(String toDo) {
    return addresses().at("/console/%s_token".formatted(toDo)).asText();
  }

  /** With the keyboard: the focus is where a token is asked for. */
  private void login(String place, String token) throws Exception {
    browser.visit(page + place);
    browser.await("h1", "Log in");
    browser.type(token, Keys.ENTER);
    browser.await("header nav", "Sagas");
  }

  private void start(String saga, String data) throws Exception {
    start("trip_booking", saga, data);
  }

  /** With the keyboard: the focus is where a choreography is chosen. */
  private void start(String choreography, String saga, String data) throws Exception {
    browser.click(".buttons button");
    browser.await("dialog[open]", "Start a saga");
    browser.type(choreography, Keys.TAB, saga, Keys.TAB, data, Keys.TAB, Keys.TAB, Keys.ENTER);
    browser.await("h1", saga);
  }

  /** The kinds of the marks in a saga's diagram, from top to bottom. */
  private List<String> drawn() {
    Object kinds =
        browser.ask(
            "return [...document.querySelectorAll('.sequence > svg .event')]"
                + ".map(each => each.getAttribute('class').replace('event is-', '')).join(' ')");
    return List.of(String.valueOf(kinds).split(" "));
  }

  /** A booking of which the deadline is over before anybody has read it. */
  private static void publishLongAgo(String saga) throws Exception {
    try (AvroSerializer serializer = new AvroSerializer()) {
      serializer.configure(
          Map.of(ClusterOptions.REGISTRY, addresses().path("registry").asText()), false);
      BookingStarted booking = new BookingStarted(saga, Trips.booking(1, 1).getTrip());
      publish(
          new ProducerRecord<>(
              "booking_started",
              null,
              Instant.now().minus(Duration.ofMinutes(20)).toEpochMilli(),
              saga.getBytes(UTF_8),
              serializer.serialize("booking_started", booking)));
    }
  }

  private static HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(page + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), BodyHandlers.ofString());
  }

  private static String[] bearer(String toDo) {
    return TrackedCluster.bearer(token(toDo));
  }

  private static void post(String path, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(page + path))
            .header("Authorization", "Bearer " + token("act"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    assertThat(HTTP.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(201);
  }

  private static int tell(String sql, String saga) throws Exception {
    try (Connection connection =
            DriverManager.getConnection(addresses().at("/databases/flight-service").asText());
        PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, saga);
      return statement.executeUpdate();
    }
  }
}
