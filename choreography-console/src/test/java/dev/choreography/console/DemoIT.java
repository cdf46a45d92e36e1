// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program itself, as {@code ./saga} runs it. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class DemoIT {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TO_END = Duration.ofSeconds(30);

  private final Path temporary;

  DemoIT(@TempDir Path temporary) {
    this.temporary = temporary;
  }

  private Process demo(String... options) throws Exception {
    List<String> command = hearingCtrlC();
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Djava.io.tmpdir=" + temporary,
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-jar",
            Path.of("target", "choreography-console.jar").toString(),
            "demo",
            "--json"));
    command.addAll(List.of(options));
    return new ProcessBuilder(command)
        .redirectError(Path.of("target", "demo-it.log").toFile())
        .start();
  }

  private static BufferedReader lines(Process process) {
    return new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  @Test
  void the_default_demo_shows_both_endings_and_all_of_it_holds() throws Exception {
    Process demo = demo();
    List<JsonNode> lines = new ArrayList<>();
    try (BufferedReader out = lines(demo)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(JSON.readTree(line));
      }
    }
    assertThat(demo.waitFor()).isZero();
    JsonNode end = lines.remove(lines.size() - 1);
    assertThat(end.path("holds").asBoolean()).isTrue();
    assertThat(end.path("problems")).isEmpty();
    assertThat(end.path("sagas").asInt()).isEqualTo(5);
    assertThat(end.path("completed").asInt()).isPositive();
    assertThat(end.path("compensated").asInt()).isPositive();
    assertThat(end.path("completed").asInt() + end.path("compensated").asInt()).isEqualTo(5);
    for (String inventory : List.of("seats", "rooms", "cars")) {
      JsonNode stock = end.path("inventories").path(inventory);
      assertThat(stock.path("left").asInt())
          .isEqualTo(stock.path("of").asInt() - end.path("completed").asInt());
    }
    assertThat(lines)
        .filteredOn(line -> line.path("event").asText().equals("booking_started"))
        .hasSize(5);
    assertThat(lines).allMatch(line -> line.hasNonNull("saga") && line.hasNonNull("says"));
    assertNothingIsLeft(List.of());
  }

  @Test
  void ctrl_c_in_the_middle_stops_everything_and_exits_with_130() throws Exception {
    Process demo = demo("--bookings", "1000", "--rate", "5/s");
    List<ProcessHandle> children = childrenAtFirstEvent(demo);
    AgainstUp.signal("INT", demo.pid());
    assertThat(demo.waitFor(TO_END.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(demo.exitValue()).isEqualTo(130);
    assertNothingIsLeft(children);
  }

  @Test
  void a_stop_while_the_environment_starts_stops_everything() throws Exception {
    Process demo = demo();
    waitUntil(() -> demo.descendants().count() > 3);
    List<ProcessHandle> children = demo.descendants().toList();
    AgainstUp.signal("TERM", demo.pid());
    assertThat(demo.waitFor(TO_END.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(demo.exitValue()).isEqualTo(143);
    assertNothingIsLeft(children);
  }

  @Test
  void a_killed_demo_leaves_no_child_and_its_folder_goes_with_the_next() throws Exception {
    Process demo = demo("--bookings", "1000", "--rate", "5/s");
    List<ProcessHandle> children = childrenAtFirstEvent(demo);
    DemoFolder.create(temporary, "saga-demo-").delete();
    assertThat(folders()).hasSize(1); // it lives
    demo.destroyForcibly().waitFor();
    waitUntil(() -> children.stream().noneMatch(DemoIT::runs));
    assertThat(folders()).hasSize(1);
    DemoFolder.create(temporary, "saga-up-").delete();
    assertNothingIsLeft(children);
  }

  private List<Path> folders() throws IOException {
    try (Stream<Path> all = Files.list(temporary)) {
      return all.filter(folder -> folder.getFileName().toString().startsWith("saga-")).toList();
    }
  }

  private static List<ProcessHandle> childrenAtFirstEvent(Process demo) throws Exception {
    assertThat(lines(demo).readLine()).contains("booking_started");
    List<ProcessHandle> children = demo.descendants().toList();
    assertThat(children).hasSizeGreaterThan(6);
    return children;
  }

  private void assertNothingIsLeft(List<ProcessHandle> children) throws Exception {
    waitUntil(() -> children.stream().noneMatch(DemoIT::runs));
    try (Stream<Path> files = Files.list(temporary)) {
      assertThat(files.filter(file -> !file.endsWith("hsperfdata_root"))).isEmpty();
    }
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void waitUntil(Condition condition) throws Exception {
    long deadline = System.nanoTime() + TO_END.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("not in time").isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  /** A build that runs in the background ignores SIGINT, and its children would inherit that. */
  static List<String> hearingCtrlC() {
    return System.getProperty("os.name").equals("Linux")
        ? new ArrayList<>(List.of("env", "--default-signal=INT"))
        : new ArrayList<>();
  }

  /** A zombie, usual in containers, does not. */
  static boolean runs(ProcessHandle process) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2) != 'Z';
    } catch (IOException e) {
      return process.isAlive();
    }
  }
}
