// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** {@code saga up}, a process of its own that Ctrl-C ends, and commands that are run against it. */
abstract class AgainstUp {

  static final ObjectMapper JSON = new ObjectMapper();
  static final long SECONDS_TO_END = 40;

  private static final Path TEMPORARY =
      Path.of("target", "commands-it-" + ProcessHandle.current().pid()).toAbsolutePath();

  /** What one {@code up} has said. */
  private record Running(Process process, JsonNode addresses) {}

  private static @Nullable Running running;

  final StringWriter out = new StringWriter();
  final StringWriter err = new StringWriter();

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

  static final Process up() {
    return Objects.requireNonNull(running).process();
  }

  static final JsonNode addresses() {
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

  static final ProcessBuilder program(String... arguments) {
    List<String> command = DemoIT.hearingCtrlC();
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
        .removeAll(
            List.of(
                "KAFKA_BOOTSTRAP_SERVERS",
                "SCHEMA_REGISTRY_URL",
                "SAGA_CONFIG",
                "SAGA_CONSOLE_URL",
                "SAGA_READ_TOKEN"));
    return builder;
  }

  final int saga(String... arguments) {
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

  final void refused(String saying, String... arguments) {
    assertThat(saga(arguments)).isEqualTo(Console.DOES_NOT_HOLD);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines()).singleElement().asString().contains(saying);
  }

  final JsonNode json(String... arguments) throws Exception {
    assertThat(saga(arguments)).as(err.toString()).isEqualTo(Console.OK);
    return JSON.readTree(out.toString());
  }

  static final long service(String name) {
    return up().descendants()
        .filter(process -> process.info().commandLine().orElse("").contains(name + ".jar"))
        .map(ProcessHandle::pid)
        .findFirst()
        .orElseThrow();
  }

  static final RecordMetadata publish(ProducerRecord<byte[], byte[]> record) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(ClusterOptions.BOOTSTRAP, addresses().path("bootstrap").asText()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      return producer.send(record).get();
    }
  }

  static final void signal(String name, long pid) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor())
        .isZero();
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  static final void waitUntil(Condition condition) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_TO_END);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("not in time").isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }
}
