// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.choreography.chassis.HttpEndpoint.Status;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HttpEndpointTest {

  @Test
  void a_service_that_is_up_answers_200() throws Exception {
    HttpResponse<String> answer = ask(new Status(true, "3 partitions"), "GET", "/health");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(answer.body().strip()).isEqualTo("{\"status\":\"up\",\"detail\":\"3 partitions\"}");
  }

  @Test
  void a_service_that_is_down_answers_503_and_says_why() throws Exception {
    HttpResponse<String> answer = ask(new Status(false, "no role \"flight\"\n"), "GET", "/health");

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body().strip())
        .isEqualTo("{\"status\":\"down\",\"detail\":\"no role \\\"flight\\\"\\u000a\"}");
  }

  @Test
  void what_to_see_to_and_what_was_counted_is_told_beside_it() throws Exception {
    Status warned =
        new Status(
            true,
            "3 steps",
            List.of("the clock is \"late\"", "another"),
            new TreeMap<>(Map.of("misplaced", 2L, "ignored older_version", 1L)));

    assertThat(ask(warned, "GET", "/health").body().strip())
        .isEqualTo(
            "{\"status\":\"up\",\"detail\":\"3 steps\",\"warnings\":[\"the clock is \\\"late\\\"\",\"another\"],\"counts\":{\"ignored older_version\":1,\"misplaced\":2}}");
  }

  @Test
  void what_was_measured_is_told_as_prometheus_reads_it() throws Exception {
    HttpResponse<String> answer = ask(new Status(false, ""), "GET", "/metrics");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).get().asString().contains("text/plain");
    assertThat(answer.body()).isEqualTo("steps 3\n");
  }

  @Test
  void nothing_else_is_there() throws Exception {
    Status up = new Status(true, "");

    assertThat(ask(up, "GET", "/").statusCode()).isEqualTo(404);
    assertThat(ask(up, "GET", "/health/x").statusCode()).isEqualTo(404);
    assertThat(ask(up, "POST", "/health").statusCode()).isEqualTo(405);
  }

  @Test
  void a_taken_port_is_named() throws Exception {
    try (HttpEndpoint first = HttpEndpoint.listen(0, () -> new Status(true, ""), () -> "")) {
      assertThatThrownBy(
              () -> HttpEndpoint.listen(first.port(), () -> new Status(true, ""), () -> ""))
          .isInstanceOf(IOException.class)
          .hasMessage("http port %d cannot be listened on", first.port());
    }
  }

  private static HttpResponse<String> ask(Status health, String method, String path)
      throws IOException, InterruptedException {
    try (HttpEndpoint endpoint = HttpEndpoint.listen(0, () -> health, () -> "steps 3\n")) {
      URI uri = URI.create("http://localhost:%d%s".formatted(endpoint.port(), path));
      HttpRequest request =
          HttpRequest.newBuilder(uri).method(method, BodyPublishers.noBody()).build();
      return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    }
  }
}
