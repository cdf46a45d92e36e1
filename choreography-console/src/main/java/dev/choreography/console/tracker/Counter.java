// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.util.List;

/**
 * The keys of the store {@code counts}: parts with a null character after each. All numbers add up
 * over partitions but {@link #HEARD}, of which the largest counts.
 */
public final class Counter {

  /** {@code choreography, version, status}: how many sagas are tracked. */
  public static final String SAGAS = "sagas";

  /** {@code choreography, version, event}: in how many sagas an event is. */
  public static final String EVENTS = "events";

  /** {@code choreography, version, step, state}: in how many sagas a step is where. */
  public static final String STEPS = "steps";

  /** {@code minute, choreography, what}: how many were {@code started} or ended. */
  public static final String MINUTES = "minutes";

  /** {@code hour, choreography, step, segment, bucket}: how many events took how long. */
  public static final String HOURS = "hours";

  /** Whoever publishes under a name that owns no step. */
  public static final String OTHERS = "other";

  /** {@code participant}, or {@link #OTHERS}: when it was heard last, in milliseconds. */
  public static final String HEARD = "heard";

  /** How many records were folded. */
  public static final String FOLDED = "folded";

  private static final char END = '\0';
  private static final int SORTABLE = 10;

  private Counter() {}

  static String sagas(String choreography, int version, String status) {
    return key(SAGAS, choreography, Integer.toString(version), status);
  }

  static String events(String choreography, int version, String event) {
    return key(EVENTS, choreography, Integer.toString(version), event);
  }

  static String steps(String choreography, int version, String step, String state) {
    return key(STEPS, choreography, Integer.toString(version), step, state);
  }

  static String minute(long millis, String choreography, String what) {
    return key(MINUTES, sortable(millis / 60_000), choreography, what);
  }

  static String hour(long millis, String choreography, String step, String segment, int bucket) {
    return key(
        HOURS, sortable(millis / 3_600_000), choreography, step, segment, Integer.toString(bucket));
  }

  static String heard(String participant) {
    return key(HEARD, participant);
  }

  static String folded() {
    return key(FOLDED);
  }

  /** Sorts as text as the number does. */
  private static String sortable(long number) {
    // String.format() was a tenth of what folding an event took.
    String digits = Long.toString(Math.max(0, number));
    return "0".repeat(Math.max(0, SORTABLE - digits.length())) + digits;
  }

  /** Where the counts of a kind begin. */
  public static String all(String kind) {
    return key(kind);
  }

  /** Where the counts from a minute on begin. */
  public static String fromMinute(long millis) {
    return key(MINUTES, sortable(millis / 60_000));
  }

  /** Where the counts from an hour on begin. */
  public static String fromHour(long millis) {
    return key(HOURS, sortable(millis / 3_600_000));
  }

  private static String key(String... parts) {
    return String.join(String.valueOf(END), parts) + END;
  }

  /** The parts of a key, its kind first. */
  public static List<String> parts(String key) {
    return List.of(key.split(String.valueOf(END), -1));
  }
}
