// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.util.List;
import java.util.Map;

/** Summaries for the tests of those who are told them. */
public final class Summary {

  private Summary() {}

  /** That of a saga with so many events. */
  public static Tracked of(String choreography, String saga, int events) {
    return new Tracked(
        new SagaKey(choreography, saga),
        choreography + ":1:f",
        1,
        Tracked.IN_FLIGHT,
        0,
        0,
        0,
        0,
        events,
        false,
        List.of(),
        List.of(),
        List.of(),
        Map.of(),
        "");
  }
}
