// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.choreography.avro.AvroSerializer;
import dev.choreography.tripbooking.BookingStarted;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every command against what {@code saga up} runs. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class CommandsIT extends AgainstUp {

  @Test
  void a_started_saga_is_followed_to_its_end_and_then_cannot_be_cancelled() {
    assertThat(saga("start", "--id", "trip-a")).isEqualTo(Console.OK);
    assertThat(out.toString()).contains("trip-a is started", "`./saga trace trip-a`");
    assertThat(saga("trace", "trip-a", "--follow")).isEqualTo(Console.OK);
    assertThat(out.toString().lines())
        .anyMatch(line -> line.contains("flight_booked ") && line.contains("flight-service"))
        .anyMatch(line -> line.contains("car_booked "))
        .last()
        .isEqualTo("completed");
    refused("already completed", "cancel", "trip-a");
  }

  @Test
  void a_cancelled_saga_is_undone() throws Exception {
    long hotel = service("hotel-service");
    signal("STOP", hotel);
    try {
      assertThat(saga("start", "--id", "trip-b")).isEqualTo(Console.OK);
      waitUntil(
          () ->
              json("trace", "trip-b", "--json")
                  .at("/owed/0/participant")
                  .asText()
                  .equals("hotel-service"));
      assertThat(saga("cancel", "trip-b", "--reason", "too late", "--who", "ann"))
          .isEqualTo(Console.OK);
      waitUntil(
          () -> saga("trace", "trip-b") == 0 && out.toString().contains("car_booking_failed "));
      assertThat(out.toString())
          .contains("cancel, reason: too late, who: ann", "in flight", "hotel-service owes hotel_");
    } finally {
      signal("CONT", hotel);
    }
    assertThat(saga("trace", "trip-b", "--follow", "--json")).isEqualTo(Console.OK);
    List<String> lines = out.toString().lines().toList();
    assertThat(JSON.readTree(lines.get(lines.size() - 1)).path("status").asText())
        .isEqualTo("compensated");
  }

  @Test
  void a_start_without_a_key_is_found_wherever_it_lies() throws Exception {
    long flight = service("flight-service");
    signal("STOP", flight);
    try {
      Map<String, Object> settings =
          Map.of(
              ClusterOptions.BOOTSTRAP,
              addresses().path("bootstrap").asText(),
              ClusterOptions.REGISTRY,
              addresses().path("registry").asText());
      BookingStarted booking = new BookingStarted("trip-e", Trips.booking(1, 1).getTrip());
      for (int partition = 0; partition < 2; partition++) {
        // It can be in its saga's own partition by chance, but not twice.
        try (AvroSerializer serializer = new AvroSerializer()) {
          serializer.configure(settings, false);
          publish(
              new ProducerRecord<>(
                  "booking_started",
                  partition,
                  null,
                  serializer.serialize("booking_started", booking)));
        }
      }
      assertThat(saga("trace", "trip-e")).isEqualTo(Console.OK);
      assertThat(out.toString()).contains("bare", "in flight", "flight-service owes flight_booked");
    } finally {
      signal("CONT", flight);
    }
    assertThat(saga("trace", "trip-e", "--follow")).isEqualTo(Console.OK);
    assertThat(out.toString().lines()).last().isEqualTo("completed");
  }

  @Test
  void what_cannot_be_read_is_listed_shown_and_replayed_as_it_was() throws Exception {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            "booking_started", "trip-c".getBytes(UTF_8), "no Avro at all".getBytes(UTF_8));
    record.headers().add("x-from", "elsewhere".getBytes(UTF_8));
    publish(record);
    waitUntil(() -> saga("dead-letters", "--json") == 0 && out.toString().lines().count() == 1);
    assertThat(saga("dead-letters", "--show", "0")).isEqualTo(Console.OK);
    assertThat(out.toString())
        .contains("flight-service@0", "magic byte", "x-from: elsewhere", "no Avro at all");
    JsonNode before = json("dead-letters", "--show", "0", "--json");
    assertThat(saga("replay", "0", "--who", "ann", "--reason", "a trial")).isEqualTo(Console.OK);
    assertThat(out.toString()).contains("flight-service@0 is published again, booking_started ");
    waitUntil(() -> saga("dead-letters", "--json") == 0 && out.toString().lines().count() == 1);
    String again = JSON.readTree(out.toString()).path("name").asText();
    assertThat(again).isNotEqualTo("flight-service@0");
    JsonNode after = json("dead-letters", "--show", again, "--json");
    assertThat(saga("dead-letters")).isEqualTo(Console.OK);
    assertThat(out.toString())
        .contains("Replayed and not listed: 1")
        .doesNotContain("flight-service@0 ");
    assertThat(saga("dead-letters", "--all")).isEqualTo(Console.OK);
    assertThat(out.toString())
        .containsPattern(
            "flight-service@0 .*; replayed, now \\Q"
                + after.path("read_at").asText()
                + "\\E, by ann: a trial\\R");
    for (String same : List.of("key", "headers", "value_hex", "topic", "reason")) {
      assertThat(after.path(same)).isEqualTo(before.path(same));
    }
    assertThat(after.path("read_at")).isNotEqualTo(before.path("read_at"));
    refused("there is no dead letter 99", "replay", "0", "99");
    refused("no event of a saga", "trace", "trip-d");
    refused("no event of a saga", "cancel", "trip-d");
  }

  @Test
  void ctrl_c_ends_a_follow_with_130_and_no_word() throws Exception {
    long hotel = service("hotel-service");
    signal("STOP", hotel);
    try {
      assertThat(saga("start", "--id", "trip-f")).isEqualTo(Console.OK);
      Process follow = program("trace", "trip-f", "--follow").redirectErrorStream(true).start();
      BufferedReader said =
          new BufferedReader(new InputStreamReader(follow.getInputStream(), UTF_8));
      for (String line = ""; !line.contains("flight_booked "); line = said.readLine()) {
        assertThat(line).isNotNull();
      }
      signal("INT", follow.pid());
      assertThat(said.readLine()).isNull();
      assertThat(follow.waitFor()).isEqualTo(130);
    } finally {
      signal("CONT", hotel);
    }
    assertThat(saga("trace", "trip-f", "--follow")).isEqualTo(Console.OK);
  }

  @Test
  void the_declaration_and_its_topics_are_in_order() throws Exception {
    assertThat(saga("verify")).as(out.toString()).isEqualTo(Console.OK);
    assertThat(out.toString()).contains("| hotel | hotel-service |", "No problems.");
    assertThat(saga("topics")).isEqualTo(Console.OK);
    assertThat(out.toString()).doesNotContain("does not exist").contains("trip_booking_control");
  }

  @Test
  void what_is_recorded_differs_in_nothing_and_what_was_changed_is_told() throws Exception {
    assertThat(saga("start", "--id", "trip-recorded")).isEqualTo(Console.OK);
    assertThat(saga("trace", "trip-recorded", "--follow")).isEqualTo(Console.OK);
    Path file = Path.of("target", "recorded.json");
    assertThat(saga("verify", "--record", file.toString())).isEqualTo(Console.OK);
    assertThat(out.toString()).contains(file + " holds 1 declarations and ");
    String recorded = Files.readString(file);
    assertThat(recorded).contains("\"owner\" : \"hotel-service\"", "\"booking_started\" : {");
    assertThat(saga("verify", "--against", file.toString())).isEqualTo(Console.OK);
    assertThat(out.toString().strip()).isEqualTo("Nothing differs from what is recorded.");

    Files.writeString(
        file,
        recorded
            .replace("\"owner\" : \"hotel-service\"", "\"owner\" : \"inn\"")
            .replace("\"booking_started\" : {", "\"booking_started\" : {\"doc\":\"\",")
            .replace("\"name\" : \"flight_id\"", "\"name\" : \"flight\""));
    assertThat(saga("verify", "--against", file.toString())).isEqualTo(Console.DOES_NOT_HOLD);
    assertThat(out.toString())
        .contains(
            "- trip_booking version 1: step hotel is owned by hotel-service, recorded is inn",
            "topic booking_started: what was published as recorded cannot be read any more",
            "flight_id");
    assertThat(saga("verify", "--against", file.toString(), "--json"))
        .isEqualTo(Console.DOES_NOT_HOLD);
    assertThat(JSON.readTree(out.toString()).path("breaking").isEmpty()).isFalse();
    refused("cannot be written", "verify", "--record", "/there/is/none");
  }

  @Test
  void what_is_left_of_a_version_is_told_with_who_owes_what_and_waited_for() throws Exception {
    long hotel = service("hotel-service");
    Process waiting;
    signal("STOP", hotel);
    try {
      assertThat(saga("start", "--id", "trip-left")).isEqualTo(Console.OK);
      waitUntil(
          () ->
              json("trace", "trip-left", "--json")
                  .at("/owed/0/participant")
                  .asText()
                  .equals("hotel-service"));
      assertThat(saga("drain", "trip_booking", "--ids")).isEqualTo(Console.OK);
      assertThat(out.toString())
          .containsPattern("trip_booking version 1: [1-9]\\d* left, \\d+ ended")
          .containsPattern("  trip-left +hotel-service owes hotel_booked or hotel_booking_failed");
      JsonNode standing = json("drain", "trip_booking:1", "--ids", "--json");
      assertThat(standing.path("left").asInt()).isEqualTo(standing.path("sagas").size());
      assertThat(standing.findValuesAsText("saga")).contains("trip-left");
      waiting = program("drain", "--wait").redirectErrorStream(true).start();
      BufferedReader said =
          new BufferedReader(new InputStreamReader(waiting.getInputStream(), UTF_8));
      assertThat(said.readLine()).contains(" left, ");
      assertThat(waiting.isAlive()).isTrue();
    } finally {
      signal("CONT", hotel);
    }
    assertThat(waiting.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)).isTrue();
    assertThat(waiting.exitValue()).isZero();
    assertThat(saga("drain", "trip_booking", "--wait")).isEqualTo(Console.OK);
    assertThat(out.toString()).contains("trip_booking version 1: none left, ");
    refused("no participant has declared trip_booking:7", "drain", "trip_booking:7");
  }

  @Test
  void in_another_terminal_the_addresses_are_found_and_a_second_up_is_refused() throws Exception {
    Process topics = program("topics").redirectErrorStream(true).start();
    assertThat(new String(topics.getInputStream().readAllBytes(), UTF_8)).contains("hotel_booked");
    assertThat(topics.waitFor()).isZero();
    Process second = program("up").redirectErrorStream(true).start();
    assertThat(new String(second.getInputStream().readAllBytes(), UTF_8))
        .contains("running already");
    assertThat(second.waitFor()).isEqualTo(Console.DOES_NOT_HOLD);
  }

  @Test
  void what_the_console_tracks_is_listed_counted_and_explained() throws Exception {
    assertThat(saga("start", "--id", "trip-listed")).isEqualTo(Console.OK);
    assertThat(saga("trace", "trip-listed", "--follow")).isEqualTo(Console.OK);
    waitUntil(() -> said("list", "trip-list", "--status", "completed").contains("trip-listed "));
    assertThat(said("list", "trip-list", "--status", "stuck")).contains("There is no such saga.");
    assertThat(said("stats")).contains("trip_booking", "hotel-service", "flight");
    assertThat(said("explain", "trip-listed"))
        .contains("car completed after", "All its steps completed.", "in the handler");
    JsonNode tracked = JSON.readTree(said("trace", "trip-listed", "--json"));
    assertThat(tracked).isEqualTo(json("trace", "trip-listed", "--json"));
    assertThat(saga("trace", "trip-listed")).isEqualTo(Console.OK);
    assertThat(said("trace", "trip-listed")).isEqualTo(out.toString()).contains("car_booked");
    ProcessBuilder withoutTopics = program("trace", "trip-listed", "--bootstrap", "127.0.0.1:1");
    withoutTopics.environment().put("SAGA_CONSOLE_URL", addresses().at("/console/url").asText());
    withoutTopics
        .environment()
        .put("SAGA_READ_TOKEN", addresses().at("/console/read_token").asText());
    assertThat(said(withoutTopics)).isEqualTo(out.toString());
    Process watch = program("watch").start();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(watch.getInputStream(), UTF_8))) {
      // Sagas go on until it has begun to listen.
      StartedSagas started = new StartedSagas();
      waitUntil(
          () -> {
            started.another();
            return lines.ready();
          });
      assertThat(lines.readLine()).contains("trip-watched-", "trip_booking");
    } finally {
      watch.toHandle().destroy();
    }
  }

  private final class StartedSagas {
    private int number;

    void another() {
      assertThat(saga("start", "--id", "trip-watched-" + number++)).isEqualTo(Console.OK);
    }
  }

  /** What a command says that finds the console by itself. */
  private static String said(String... arguments) throws Exception {
    return said(program(arguments));
  }

  private static String said(ProcessBuilder program) throws Exception {
    Process process = program.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  @Test
  void nobody_there_is_said_within_seconds() {
    long begin = System.nanoTime();
    List<String> commands =
        List.of(
            "verify",
            "topics",
            "topics --create",
            "dead-letters",
            "replay 0",
            "start",
            "trace x",
            "cancel x",
            "parked",
            "retry x y",
            "resolve x y --reason z",
            "repair x",
            "repair --stuck");
    for (String command : commands) {
      int code =
          Console.commandLine()
              .setOut(new PrintWriter(out))
              .setErr(new PrintWriter(err))
              .execute(
                  (command + " --bootstrap 127.0.0.1:1 --registry http://127.0.0.1:1").split(" "));
      assertThat(code).isEqualTo(Console.DOES_NOT_HOLD);
    }
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines())
        .hasSameSizeAs(commands)
        .allMatch(line -> line.contains("127.0.0.1:1 cannot be asked"));
    assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(40));
  }

  @Test
  void a_registry_that_is_away_or_another_one_is_said_in_one_sentence() throws Exception {
    String bootstrap = addresses().path("bootstrap").asText();
    String other = addresses().path("registry").asText() + "/nowhere";
    for (String registry : List.of("http://127.0.0.1:1", other)) {
      for (List<String> command : List.of(List.of("trace", "trip-a"), List.of("start"))) {
        Process process =
            program(
                    Stream.of(command, List.of("--bootstrap", bootstrap, "--registry", registry))
                        .flatMap(List::stream)
                        .toArray(String[]::new))
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(said.lines()).singleElement().asString().contains(registry);
        assertThat(process.waitFor()).isEqualTo(Console.DOES_NOT_HOLD);
      }
    }
  }
}
