// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.tracker.Counter;
import dev.choreography.console.tracker.Tracked;
import dev.choreography.console.tracker.Tracker;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What Prometheus reads. */
final class MetricsText {

  private MetricsText() {}

  static String of(Tracker tracker, Instant now) {
    StringBuilder text = new StringBuilder();
    head(
        text,
        "choreography_sagas",
        "gauge",
        "Tracked sagas; parked ones are counted in another status, too.");
    Overview.sagas(tracker, "")
        .forEach(
            (name, counts) -> {
              for (String status : Overview.STATUSES) {
                sample(
                    text,
                    "choreography_sagas",
                    List.of("choreography", name, "status", status),
                    counts.getOrDefault(status, 0L));
              }
            });
    head(
        text,
        "choreography_oldest_in_flight_seconds",
        "gauge",
        "How long ago the saga started that has been in flight for the longest time.");
    Optional<Tracked> oldest = tracker.oldestInFlight();
    sample(
        text,
        "choreography_oldest_in_flight_seconds",
        List.of(),
        oldest.map(saga -> (now.toEpochMilli() - saga.started()) / 1e3).orElse(0.0));
    head(text, "choreography_events_folded_total", "counter", "Records that were added to sagas.");
    for (Map.Entry<String, Long> folded : tracker.counts(Counter.FOLDED).entrySet()) {
      sample(text, "choreography_events_folded_total", List.of(), folded.getValue());
    }
    head(
        text,
        "choreography_participant_heard_timestamp_seconds",
        "gauge",
        "When a participant last published an event.");
    tracker
        .counts(Counter.HEARD)
        .forEach(
            (key, millis) ->
                sample(
                    text,
                    "choreography_participant_heard_timestamp_seconds",
                    List.of("participant", Counter.parts(key).get(1)),
                    millis / 1e3));
    head(text, "choreography_console_instances", "gauge", "Consoles that share the sagas.");
    sample(text, "choreography_console_instances", List.of(), tracker.instances());
    return text.toString();
  }

  private static void head(StringBuilder text, String name, String type, String help) {
    text.append("# HELP %s %s\n# TYPE %s %s\n".formatted(name, help, name, type));
  }

  private static void sample(StringBuilder text, String name, List<String> labels, double value) {
    text.append(name);
    for (int i = 0; i < labels.size(); i += 2) {
      String escaped =
          labels.get(i + 1).replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
      text.append(i == 0 ? "{" : ",").append("%s=\"%s\"".formatted(labels.get(i), escaped));
    }
    text.append(labels.isEmpty() ? " " : "} ");
    text.append(
        value == Math.rint(value)
            ? String.format(Locale.ROOT, "%.0f", value)
            : String.format(Locale.ROOT, "%.3f", value));
    text.append('\n');
  }
}
