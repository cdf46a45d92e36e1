// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The README's part on Docker, typed from its first command to its last. */
@NeedsDocker
class ComposeIT {

  private static final Path README =
      Path.of(System.getProperty("acceptance.jars", ".."), "README.md");
  private static final Pattern SECTION = Pattern.compile("(?ms)^## With Docker$(.*?)^## ");
  private static final Pattern COMMAND = Pattern.compile("(?m)^\\$ ((?:.*\\\\\\n)*.*)$");

  @Test
  void what_the_readme_says_starts_traces_stops_and_takes_down() throws Exception {
    Deque<String> readme = commands();
    try (ComposeProject project = ComposeProject.ofItsOwn()) {
      type(project, readme, "docker compose up --build --detach --wait");
      assertThat(project.type("docker ps --format '{{.Ports}}' --filter " + label(project)))
          .as("published ports")
          .contains("127.0.0.1:" + project.variable("KAFKA_PORT") + "->")
          .doesNotContain("0.0.0.0:", ":::");
      assertThat(compatibility(project)).contains("\"BACKWARD\"");

      assertThat(type(project, readme, "docker compose run --rm saga start --id trip-1"))
          .contains("trip-1 is started");
      assertThat(type(project, readme, "docker compose run --rm saga trace trip-1 --follow"))
          .contains("flight_booked", "hotel_booked", "car_booked")
          .endsWith("completed\n");
      assertThat(type(project, readme, "./saga trace trip-1"))
          .contains("car_booked")
          .endsWith("completed\n");
      assertThat(type(project, readme, "docker compose exec kafka"))
          .contains("ce_type:flight_booked", "\ttrip-1");

      type(project, readme, "docker compose stop hotel-service");
      assertThat(project.type("docker compose ps --all --format '{{.ExitCode}}' hotel-service"))
          .as("the exit code after SIGTERM")
          .isEqualTo("143\n");
      type(project, readme, "docker compose run --rm saga start --id trip-2");
      String trace = next(project, readme, "docker compose run --rm saga trace trip-2");
      Awaitility.await("trip-2 has got as far as it can")
          .atMost(Duration.ofMinutes(2))
          .until(() -> project.type(trace).contains("hotel-service owes hotel_booked"));
      type(project, readme, "docker compose start hotel-service");
      assertThat(type(project, readme, "docker compose run --rm saga trace trip-2 --follow"))
          .contains("car_booked")
          .endsWith("completed\n");

      type(project, readme, "docker compose down");
      type(project, readme, "docker compose up --detach --wait");
      assertThat(type(project, readme, "docker compose run --rm saga trace trip-1"))
          .contains("car_booked")
          .endsWith("completed\n");
      type(project, readme, "docker compose down --volumes");
      assertThat(readme).as("commands of the README that were not tried").isEmpty();
      for (String what : new String[] {"ps --all", "volume ls", "network ls"}) {
        assertThat(project.type("docker %s --quiet --filter %s".formatted(what, label(project))))
            .as("left according to docker " + what)
            .isEmpty();
      }
    }
  }

  private static String type(ComposeProject project, Deque<String> readme, String beginning) {
    return project.type(next(project, readme, beginning));
  }

  /** The README's next command, on the ports of this project. */
  private static String next(ComposeProject project, Deque<String> readme, String beginning) {
    String command = readme.isEmpty() ? "nothing more" : readme.remove();
    assertThat(command).as("what the README says next").startsWith(beginning);
    return command
        .replace("localhost:9092", "localhost:" + project.variable("KAFKA_PORT"))
        .replace("localhost:8081", "localhost:" + project.variable("REGISTRY_PORT"));
  }

  private static Deque<String> commands() throws IOException {
    String section =
        SECTION
            .matcher(Files.readString(README))
            .results()
            .findFirst()
            .orElseThrow(() -> new AssertionError(README + " has no part on Docker"))
            .group(1);
    Deque<String> commands = new ArrayDeque<>();
    COMMAND.matcher(section).results().forEach(found -> commands.add(found.group(1)));
    return commands;
  }

  private static String label(ComposeProject project) {
    return "label=com.docker.compose.project=" + project.name();
  }

  private static String compatibility(ComposeProject project) throws Exception {
    String url =
        "http://localhost:%s/apis/ccompat/v7/config".formatted(project.variable("REGISTRY_PORT"));
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
        .body();
  }
}
