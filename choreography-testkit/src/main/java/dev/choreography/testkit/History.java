// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.Choreography;
import dev.choreography.testkit.Happening.Kind;
import java.time.Instant;
import java.util.List;

/**
 * All that happened to one saga, in the order in which it did.
 *
 * @param choreography its choreography
 * @param sagaId its id
 * @param deadline when its time is up
 * @param happenings the simulation's, or those that another test has gathered
 */
public record History(
    Choreography choreography, String sagaId, Instant deadline, List<Happening> happenings) {

  /** How often something happened. */
  public int count(Kind kind, String subject) {
    int count = 0;
    for (int i = 0; i < happenings.size(); i++) {
      Happening happening = happenings.get(i);
      if (happening.kind() == kind && happening.subject().equals(subject)) {
        count++;
      }
    }
    return count;
  }

  /** Whether something happened. */
  public boolean has(Kind kind, String subject) {
    return first(kind, subject) >= 0;
  }

  /** Where in {@link #happenings} something first happened, -1 if it did not. */
  public int first(Kind kind, String subject) {
    for (int i = 0; i < happenings.size(); i++) {
      Happening happening = happenings.get(i);
      if (happening.kind() == kind && happening.subject().equals(subject)) {
        return i;
      }
    }
    return -1;
  }
}
