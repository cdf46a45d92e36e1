// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.tracker.Counter;
import dev.choreography.console.tracker.Tracker;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is running, in numbers. */
final class Overview {

  /** A saga's statuses, each in exactly one, and then what may hold beside. */
  static final List<String> STATUSES =
      List.of("in_flight", "stuck", "completed", "compensated", "dead_letter", "ignored", "parked");

  private static final int MINUTES = 60;
  private static final int RATED_MINUTES = 5;
  private static final List<String> ENDS = List.of("started", "completed", "compensated");
  private static final ObjectMapper JSON = new ObjectMapper();

  private Overview() {}

  static ObjectNode of(Tracker tracker, Instant now) {
    Map<String, Map<String, Long>> sagas = sagas(tracker, "");
    ObjectNode all = JSON.createObjectNode().put("time", now.toString());
    Map<String, Long> sums = new LinkedHashMap<>();
    sagas.values().forEach(each -> each.forEach((status, n) -> sums.merge(status, n, Long::sum)));
    put(all.putObject("sagas"), sums);
    ArrayNode choreographies = all.putArray("choreographies");
    sagas.forEach(
        (name, counts) -> put(choreographies.addObject().put("choreography", name), counts));
    Instant minute = now.truncatedTo(ChronoUnit.MINUTES);
    Map<Long, Map<String, Long>> history = history(tracker, minute);
    rates(all.putObject("rates"), history, now);
    oldest(all, tracker, now);
    ArrayNode minutes = all.putArray("history");
    history.forEach(
        (number, counts) -> {
          ObjectNode each =
              minutes.addObject().put("minute", Instant.ofEpochSecond(number * 60).toString());
          ENDS.forEach(end -> each.put(end, counts.getOrDefault(end, 0L)));
        });
    return all.put(
        "folded",
        tracker.counts(Counter.FOLDED).values().stream().mapToLong(Long::longValue).sum());
  }

  /**
   * How many sagas are in each status, by choreography.
   *
   * @param version of each, any if empty
   */
  static Map<String, Map<String, Long>> sagas(Tracker tracker, String version) {
    Map<String, Map<String, Long>> sagas = new TreeMap<>();
    for (var declaration : tracker.declarations()) {
      sagas.put(declaration.name(), new LinkedHashMap<>());
    }
    tracker
        .counts(Counter.SAGAS)
        .forEach(
            (key, count) -> {
              List<String> parts = Counter.parts(key);
              if (version.isEmpty() || version.equals(parts.get(2))) {
                sagas
                    .computeIfAbsent(parts.get(1), name -> new LinkedHashMap<>())
                    .merge(parts.get(3), count, Long::sum);
              }
            });
    return sagas;
  }

  static ObjectNode put(ObjectNode into, Map<String, Long> counts) {
    long total = 0;
    for (String status : STATUSES) {
      long count = counts.getOrDefault(status, 0L);
      into.put(status, count);
      total += status.equals("parked") ? 0 : count;
    }
    return into.put("total", total);
  }

  private static Map<Long, Map<String, Long>> history(Tracker tracker, Instant minute) {
    Map<Long, Map<String, Long>> history = new TreeMap<>();
    long last = minute.getEpochSecond() / 60;
    for (long each = last - MINUTES + 1; each <= last; each++) {
      history.put(each, new LinkedHashMap<>());
    }
    String from = Counter.fromMinute(minute.minus(Duration.ofMinutes(MINUTES)).toEpochMilli());
    tracker
        .counts(Counter.MINUTES, from)
        .forEach(
            (key, count) -> {
              List<String> parts = Counter.parts(key);
              Map<String, Long> counts = history.get(Long.parseLong(parts.get(1)));
              if (counts != null) {
                counts.merge(parts.get(3), count, Long::sum);
              }
            });
    return history;
  }

  /** So many a minute; the minute that runs counts as far as it has gone. */
  static void rates(ObjectNode rates, Map<Long, Map<String, Long>> history, Instant now) {
    rates.put("over_minutes", RATED_MINUTES);
    long last = now.getEpochSecond() / 60;
    double minutes = RATED_MINUTES - 1 + now.getEpochSecond() % 60 / 60.0;
    for (String end : ENDS) {
      long sum = 0;
      for (long each = last - RATED_MINUTES + 1; each <= last; each++) {
        sum += history.getOrDefault(each, Map.of()).getOrDefault(end, 0L);
      }
      rates.put(end + "_per_minute", sum / minutes);
    }
  }

  private static void oldest(ObjectNode all, Tracker tracker, Instant now) {
    tracker
        .oldestInFlight()
        .ifPresentOrElse(
            saga ->
                all.putObject("oldest_in_flight")
                    .put("saga", saga.saga())
                    .put("choreography", saga.choreography())
                    .put("started", SagaLine.time(saga.started()))
                    .put("age_ms", now.toEpochMilli() - saga.started()),
            () -> all.putNull("oldest_in_flight"));
  }
}
