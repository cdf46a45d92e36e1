// SPDX-License-Identifier: Apache-2.0
package dev.choreography.acceptance;

import dev.choreography.Choreography;
import dev.choreography.Step;
import dev.choreography.protocol.EventHeaders;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * How far the tours have come, told from topics and databases alone.
 *
 * @param versions in which each saga has begun; those that have not begun are missing
 * @param records of each saga, by topic
 */
record TourVerdict(
    Set<String> asked,
    Map<String, Choreography> versions,
    Map<String, Map<String, List<ConsumerRecord<byte[], byte[]>>>> records,
    List<String> violations) {

  static TourVerdict of(TourSystem system) {
    Set<String> asked = system.asked();
    Map<String, Map<String, List<ConsumerRecord<byte[], byte[]>>>> records = system.log().bySaga();
    Map<String, Choreography> versions = new TreeMap<>();
    List<String> violations = new ArrayList<>();
    for (Map.Entry<String, Map<String, List<ConsumerRecord<byte[], byte[]>>>> saga :
        records.entrySet()) {
      Set<String> ids =
          saga.getValue().values().stream()
              .flatMap(List::stream)
              .map(record -> TopicLog.header(record, EventHeaders.CHOREOGRAPHY))
              .filter(id -> !id.isEmpty())
              .collect(Collectors.toSet());
      if (ids.size() > 1) {
        violations.add("saga %s is of several versions: %s".formatted(saga.getKey(), ids));
      } else if (ids.contains(Tour.FIRST.id())) {
        versions.put(saga.getKey(), Tour.FIRST);
      } else if (ids.contains(Tour.SECOND.id())) {
        versions.put(saga.getKey(), Tour.SECOND);
      }
    }
    return new TourVerdict(asked, versions, records, violations);
  }

  /** The sagas that have begun in a version. */
  Set<String> of(Choreography version) {
    return versions.keySet().stream()
        .filter(saga -> version.equals(versions.get(saga)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Those of a version, of these, that completed, or that were compensated in full. */
  Set<String> ended(Choreography version, boolean completed) {
    return of(version).stream()
        .filter(this::hasEnded)
        .filter(saga -> completed == (Tour.failing(version, saga) == null))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Those that have not begun or not ended, by what the topics tell. */
  Set<String> underWay() {
    return asked.stream()
        .filter(saga -> !hasEnded(saga))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private boolean hasEnded(String saga) {
    Choreography version = versions.get(saga);
    return version != null && events(saga).containsAll(Tour.expected(version, saga));
  }

  private Set<String> events(String saga) {
    return records.getOrDefault(saga, Map.of()).keySet();
  }

  /** When the first record, or the last, of one of these was published. */
  long published(Set<String> sagas, boolean last) {
    var times =
        sagas.stream()
            .flatMap(saga -> records.getOrDefault(saga, Map.of()).values().stream())
            .flatMap(List::stream)
            .mapToLong(ConsumerRecord::timestamp);
    return (last ? times.max() : times.min()).orElseThrow();
  }

  /** Rows in the journals that have not ended, of a version. */
  static List<String> unfinished(TourSystem system, Choreography version) {
    List<String> rows = new ArrayList<>();
    for (String participant : Tour.PARTICIPANTS) {
      if (!hasJournal(system, participant)) {
        continue;
      }
      system
          .query(
              participant,
              "SELECT saga_id, step, state, coalesce(error, '') FROM choreography_journal WHERE version = %d AND state NOT IN ('CONFIRMED', 'FAILED', 'COMPENSATED', 'SKIPPED') ORDER BY 1 LIMIT 5"
                  .formatted(version.version()))
          .forEach(row -> rows.add(row.toString()));
    }
    return rows;
  }

  private static boolean hasJournal(TourSystem system, String participant) {
    return !system
        .query(participant, "SELECT 1 FROM pg_tables WHERE tablename = 'choreography_journal'")
        .isEmpty();
  }

  /** What breaks a promise once all has ended, a sentence each. */
  List<String> judge(TourSystem system) {
    List<String> found = new ArrayList<>(violations);
    for (String saga : asked) {
      Choreography version = versions.get(saga);
      if (version == null) {
        found.add("saga %s never began".formatted(saga));
      } else if (!events(saga).equals(Tour.expected(version, saga))) {
        found.add(
            "saga %s of version %d ended with %s, expected %s"
                .formatted(saga, version.version(), events(saga), Tour.expected(version, saga)));
      } else {
        checkUndoing(saga, version, found);
      }
    }
    for (String participant : Tour.PARTICIPANTS) {
      if (hasJournal(system, participant)) {
        checkJournal(system, participant, found);
        checkStock(system, participant, found);
      }
    }
    return found;
  }

  /** Each was undone after what followed it, not skipped. */
  private void checkUndoing(String saga, Choreography version, List<String> found) {
    Step failing = Tour.failing(version, saga);
    List<Step> steps = version.steps();
    for (int i = 0; failing != null && i < steps.indexOf(failing); i++) {
      Step next = steps.get(i + 1);
      String cause =
          saga + "/" + (next.equals(failing) ? next.failed() : String.valueOf(next.compensated()));
      for (ConsumerRecord<byte[], byte[]> undone :
          records
              .getOrDefault(saga, Map.of())
              .getOrDefault(String.valueOf(steps.get(i).compensated()), List.of())) {
        String outcome = TopicLog.header(undone, EventHeaders.OUTCOME);
        String causation = TopicLog.header(undone, EventHeaders.CAUSATION);
        if (!outcome.equals("compensated") || !causation.equals(cause)) {
          found.add(
              "saga %s has a %s with outcome %s after %s, expected compensated after %s"
                  .formatted(saga, undone.topic(), outcome, causation, cause));
        }
      }
    }
  }

  private void checkJournal(TourSystem system, String participant, List<String> found) {
    Map<String, String> is = new HashMap<>();
    system
        .query(participant, "SELECT saga_id, version, state FROM choreography_journal")
        .forEach(row -> is.put(row.get(0), row.get(1) + " " + row.get(2)));
    Set<String> sagas = new LinkedHashSet<>(is.keySet());
    sagas.addAll(asked);
    for (String saga : sagas) {
      String should = expectedRow(participant, saga);
      if (!String.valueOf(should).equals(String.valueOf(is.get(saga)))) {
        found.add(
            "saga %s is %s in the journal of %s, expected %s"
                .formatted(saga, is.get(saga), participant, should));
      }
    }
  }

  private @Nullable String expectedRow(String participant, String saga) {
    Choreography version = versions.get(saga);
    if (version == null) {
      return null;
    }
    return version.steps().stream()
        .filter(step -> step.name().equals(participant))
        .map(step -> Tour.expectedState(version, step, saga))
        .filter(state -> state != null)
        .map(state -> version.version() + " " + state)
        .findFirst()
        .orElse(null);
  }

  private void checkStock(TourSystem system, String participant, List<String> found) {
    Set<String> standing = new TreeSet<>();
    system
        .query(participant, "SELECT saga_id, status FROM held")
        .forEach(row -> standing.add(row.get(0) + " " + row.get(1)));
    Set<String> should =
        asked.stream()
            .filter(saga -> (expectedRow(participant, saga) + "").endsWith("CONFIRMED"))
            .map(saga -> saga + " booked")
            .collect(Collectors.toCollection(TreeSet::new));
    if (!standing.equals(should)) {
      found.add("%s: these stand: %s, expected %s".formatted(participant, standing, should));
    }
    long left =
        Long.parseLong(system.query(participant, "SELECT available FROM stock").get(0).get(0));
    if (left != TourSystem.STOCK - should.size()) {
      found.add(
          "%s: %d of %d are left with %d that stand"
              .formatted(participant, left, TourSystem.STOCK, should.size()));
    }
  }
}
