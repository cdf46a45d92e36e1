// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.choreography.avro.AvroSerializer;
import dev.choreography.tripbooking.BookingStarted;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every command against {@code saga up}, a process of its own that Ctrl-C ends. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class CommandsIT {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long SECONDS_TO_END = 40;

  private static final Path TEMPORARY =
      Path.of("target", "commands-it-" + ProcessHandle.current().pid()).toAbsolutePath();

  /** What one {@code up} has said. */
  private record Running(Process process, JsonNode addresses) {}

  private static @Nullable Running running;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeAll
  static void bringUp() throws Exception {
    Files.createDirectories(TEMPORARY);
    Process up =
        program("up", "--json").redirectError(Path.of("target", "up-it.log").toFile()).start();
    JsonNode addresses =
        JSON.readTree(
            new BufferedReader(new InputStreamReader(up.getInputStream(), UTF_8)).readLine());
    running = new Running(up, addresses);
  }

  private static Process up() {
    return Objects.requireNonNull(running).process();
  }

  private static JsonNode addresses() {
    return Objects.requireNonNull(running).addresses();
  }

  @AfterAll
  static void ctrl_c_stops_everything_and_leaves_nothing() throws Exception {
    List<ProcessHandle> children = up().descendants().toList();
    assertThat(children).hasSizeGreaterThan(5);
    signal("INT", up().pid());
    assertThat(up().waitFor(SECONDS_TO_END, TimeUnit.SECONDS)).isTrue();
    assertThat(up().exitValue()).isEqualTo(130);
    assertThat(children).noneMatch(DemoIT::runs);
    try (Stream<Path> files = Files.list(TEMPORARY)) {
      assertThat(files.filter(file -> !file.endsWith("hsperfdata_root"))).isEmpty();
    }
  }

  private static ProcessBuilder program(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Djava.io.tmpdir=" + TEMPORARY);
    command.add("-Dsaga.state=" + TEMPORARY.resolve("up.properties"));
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar"));
    command.add(Path.of("target", "choreography-console.jar").toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeAll(List.of("KAFKA_BOOTSTRAP_SERVERS", "SCHEMA_REGISTRY_URL", "SAGA_CONFIG"));
    return builder;
  }

  private int saga(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Console.commandLine()
        .setOut(new PrintWriter(out))
        .setErr(new PrintWriter(err))
        .execute(
            Stream.concat(
                    Arrays.stream(arguments),
                    Stream.of(
                        "--bootstrap",
                        addresses().path("bootstrap").asText(),
                        "--registry",
                        addresses().path("registry").asText()))
                .toArray(String[]::new));
  }

  private void refused(String saying, String... arguments) {
    assertThat(saga(arguments)).isEqualTo(Console.DOES_NOT_HOLD);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines()).singleElement().asString().contains(saying);
  }

  private JsonNode json(String... arguments) throws Exception {
    assertThat(saga(arguments)).as(err.toString()).isEqualTo(Console.OK);
    return JSON.readTree(out.toString());
  }

  private static long service(String name) {
    return up().descendants()
        .filter(process -> process.info().commandLine().orElse("").contains(name + ".jar"))
        .map(ProcessHandle::pid)
        .findFirst()
        .orElseThrow();
  }

  private static void publish(ProducerRecord<byte[], byte[]> record) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(ClusterOptions.BOOTSTRAP, addresses().path("bootstrap").asText()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(record).get();
    }
  }

  private static void signal(String name, long pid) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor())
        .isZero();
  }

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
    assertThat(saga("replay", "0")).isEqualTo(Console.OK);
    assertThat(out.toString()).contains("flight-service@0 is published again, booking_started ");
    waitUntil(() -> saga("dead-letters", "--json") == 0 && out.toString().lines().count() == 2);
    JsonNode after = json("dead-letters", "--show", "1", "--json");
    for (String same : List.of("key", "headers", "value_hex", "topic", "reason")) {
      assertThat(after.path(same)).isEqualTo(before.path(same));
    }
    assertThat(after.path("read_at")).isNotEqualTo(before.path("read_at"));
    refused("there is no dead letter 99", "replay", "0", "99");
    refused("no event of a saga", "trace", "trip-d");
  }

  @Test
  void the_declaration_and_its_topics_are_in_order() throws Exception {
    assertThat(saga("verify")).as(out.toString()).isEqualTo(Console.OK);
    assertThat(out.toString()).contains("| hotel | hotel-service |", "No problems.");
    assertThat(saga("topics")).isEqualTo(Console.OK);
    assertThat(out.toString()).doesNotContain("does not exist").contains("trip_booking_control");
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
  void nobody_there_is_said_within_seconds() {
    long begin = System.nanoTime();
    for (String command : List.of("verify", "topics", "dead-letters", "start")) {
      int code =
          Console.commandLine()
              .setOut(new PrintWriter(out))
              .setErr(new PrintWriter(err))
              .execute(command, "--bootstrap", "127.0.0.1:1", "--registry", "http://127.0.0.1:1");
      assertThat(code).isEqualTo(Console.DOES_NOT_HOLD);
    }
    assertThat(err.toString().lines())
        .hasSize(4)
        .allMatch(line -> line.contains("127.0.0.1:1 cannot be asked"));
    assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(40));
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void waitUntil(Condition condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_TO_END);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("not in time").isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }
}
