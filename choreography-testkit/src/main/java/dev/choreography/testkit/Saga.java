// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.Choreography;
import dev.choreography.testkit.Happening.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One saga of a round: what chance has in store for it, and what has become of it. */
final class Saga {

  private final int number;
  private final String id;
  private final byte[] key;
  private final Lot lot;
  private final Map<Call, Integer> errors = new HashMap<>(0);
  private final List<Happening> happenings = new ArrayList<>(24);
  private Instant deadline = Instant.MAX;

  private record Call(String step, Kind kind) {}

  Saga(int number, String id, byte[] key, Lot lot) {
    this.number = number;
    this.id = id;
    this.key = key;
    this.lot = lot;
  }

  int number() {
    return number;
  }

  String id() {
    return id;
  }

  byte[] key() {
    return key;
  }

  Lot lot() {
    return lot;
  }

  Instant deadline() {
    return deadline;
  }

  void endsAt(Instant time) {
    deadline = time;
  }

  /** Whether this call of a handler fails: when a fault strikes, the next few may, too. */
  boolean fails(String step, Kind kind, double share, int most) {
    if (!errors.isEmpty()) {
      Integer left = errors.remove(new Call(step, kind));
      if (left != null) {
        if (left > 1) {
          errors.put(new Call(step, kind), left - 1);
        }
        return true;
      }
    }
    double which = lot.strike(share);
    int more = (int) (which * (most + 1));
    if (more > 0) {
      errors.put(new Call(step, kind), more);
    }
    return which >= 0;
  }

  void happened(Happening happening) {
    happenings.add(happening);
  }

  void happened(
      Instant time, String participant, Kind kind, String subject, @Nullable String detail) {
    happenings.add(new Happening(time, participant, kind, subject, detail, 0));
  }

  /** Returns how much has happened. */
  int happenings() {
    return happenings.size();
  }

  /** What a participant did of these kinds since then is lost with its database. */
  void lose(String participant, Set<Kind> kinds, int since) {
    for (int i = since; i < happenings.size(); i++) {
      Happening happening = happenings.get(i);
      if (happening.participant().equals(participant) && kinds.contains(happening.kind())) {
        happenings.set(i, happening.lost());
      }
    }
  }

  History history(Choreography choreography) {
    return new History(choreography, id, deadline, happenings);
  }
}
