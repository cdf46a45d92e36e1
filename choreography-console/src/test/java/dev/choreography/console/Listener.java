// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;

/** Somebody who listens to a console's changes, until the console ends. */
final class Listener {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ConcurrentLinkedQueue<Map.Entry<String, String>> heard =
      new ConcurrentLinkedQueue<>();

  private Listener() {}

  /** Returns once it is listened to. */
  static Listener of(ServiceProcess console, String path, String... headers) throws Exception {
    Listener listener = new Listener();
    var answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(console.url() + path)).headers(headers).build(),
                BodyHandlers.ofLines());
    Thread thread = new Thread(() -> listener.listen(answer.body().iterator()), "listener");
    thread.setDaemon(true);
    thread.start();
    return listener;
  }

  private void listen(java.util.Iterator<String> lines) {
    String event = "";
    try {
      while (lines.hasNext()) {
        String line = lines.next();
        if (line.startsWith("event: ")) {
          event = line.substring("event: ".length());
        } else if (line.startsWith("data: ")) {
          heard.add(Map.entry(event, line.substring("data: ".length())));
        }
      }
    } catch (java.io.UncheckedIOException e) {
      // The console has ended.
    }
  }

  /** What was told of this kind, in order. */
  List<JsonNode> heard(String event) throws JsonProcessingException {
    List<JsonNode> told = new ArrayList<>();
    for (Map.Entry<String, String> each : heard) {
      if (each.getKey().equals(event)) {
        told.add(JSON.readTree(each.getValue()));
      }
    }
    return told;
  }

  /** All that was told, of whatever kind. */
  List<String> heard() {
    return heard.stream().map(Map.Entry::getValue).toList();
  }

  void await(String event, Predicate<JsonNode> such) throws Exception {
    AgainstUp.waitUntil(() -> heard(event).stream().anyMatch(such));
  }
}
