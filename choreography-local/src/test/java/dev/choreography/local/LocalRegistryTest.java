// SPDX-License-Identifier: Apache-2.0
package dev.choreography.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class LocalRegistryTest {
  @Test
  void the_older_registry_runs_where_there_is_only_java_17() throws Exception {
    assumeTrue(
        JavaHome.running().version() < 21,
        "a build on a newer Java does not bring the older registry");
    try (LocalRegistry registry =
        LocalRegistry.start(LocalOptions.defaults(), JavaHome.running())) {
      HttpRequest question = HttpRequest.newBuilder(URI.create(registry.url() + "/config")).build();
      assertThat(
              HttpClient.newHttpClient()
                  .send(question, HttpResponse.BodyHandlers.ofString())
                  .body())
          .contains("BACKWARD");
    }
  }
}
