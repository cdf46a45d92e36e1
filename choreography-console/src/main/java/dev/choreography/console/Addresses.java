// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where what {@code saga up} runs can be reached.
 *
 * @param databases JDBC URL by service, with user and password, so that one can look into them
 * @param health URL by service
 * @param logs the services' logs
 * @param page where sagas are seen, and the tokens to read and to act there
 */
record Addresses(
    String bootstrap,
    String registry,
    Map<String, String> databases,
    Map<String, String> health,
    Path logs,
    Page page) {

  /** The console's page. */
  record Page(String url, String readToken, String actToken) {

    /** For people. */
    List<String> text() {
      return List.of(
          "page with sagas  " + url,
          "  token to read  " + readToken,
          "  token to act   " + actToken);
    }
  }

  /** In place of a service: an empty database, for one of your own. */
  static final String YOURS = "yours";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** For people, with what to type next. */
  String text() {
    List<String> lines = new ArrayList<>();
    lines.add("Kafka            " + bootstrap);
    lines.add("schema registry  " + registry);
    health.forEach(
        (service, url) ->
            lines.add("%-15s  %s, %s".formatted(service, url, databases.get(service))));
    lines.add("their logs       " + logs);
    lines.addAll(page.text());
    lines.add("");
    lines.add("Type in another terminal:");
    lines.add("  ./saga start       books a trip and prints the saga's id");
    lines.add("  ./saga trace ID    shows what has become of it");
    lines.add("For a program of your own, with an empty database:");
    lines.add("  export KAFKA_BOOTSTRAP_SERVERS=" + bootstrap);
    lines.add("  export SCHEMA_REGISTRY_URL=" + registry);
    lines.add("  export DATABASE_URL='%s'".formatted(databases.get(YOURS)));
    lines.add("Ctrl-C stops everything.");
    return String.join(System.lineSeparator(), lines);
  }

  ObjectNode json() {
    ObjectNode all =
        JSON.createObjectNode()
            .put("bootstrap", bootstrap)
            .put("registry", registry)
            .put("logs", logs.toString());
    all.putObject("console")
        .put("url", page.url())
        .put("read_token", page.readToken())
        .put("act_token", page.actToken());
    databases.forEach(all.putObject("databases")::put);
    health.forEach(all.putObject("health")::put);
    return all;
  }
}
