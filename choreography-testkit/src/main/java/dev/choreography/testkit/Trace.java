// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.testkit.Happening.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One saga's history for people: a line for each turn of a participant. */
final class Trace {

  private final StringBuilder text = new StringBuilder();
  private final List<String> in = new ArrayList<>();
  private final List<String> done = new ArrayList<>();
  private final List<String> out = new ArrayList<>();

  private Trace() {}

  static String of(History history) {
    Trace trace = new Trace();
    trace.write(history);
    return trace.text.toString();
  }

  private void write(History history) {
    List<Happening> happenings = history.happenings();
    Instant start = happenings.isEmpty() ? Instant.EPOCH : happenings.get(0).time();
    boolean late = false;
    for (int i = 0; i < happenings.size(); i++) {
      Happening happening = happenings.get(i);
      if (!late && !happening.time().isBefore(history.deadline())) {
        late = true;
        line(start, history.deadline(), "", "the deadline passes");
      }
      switch (happening.kind()) {
        case HEARD -> in.add(happening.subject());
        case EMITTED, ASKED -> out.add(withDetail(happening));
        case FAULT -> done.add(happening.subject().toUpperCase(Locale.ROOT));
        case LOST -> out.add("lost: %s %s".formatted(happening.subject(), happening.detail()));
        case FAILED -> done.add(withDetail(happening) + " fails");
        default ->
            done.add(happening.subject() + " " + happening.kind().name().toLowerCase(Locale.ROOT));
      }
      if (i + 1 == happenings.size() || !isSameTurn(happening, happenings.get(i + 1))) {
        line(start, happening.time(), who(happening), turn());
      }
    }
  }

  private static String who(Happening happening) {
    return happening.instance() == 1
        ? happening.participant()
        : happening.participant() + "/" + happening.instance();
  }

  private static boolean isSameTurn(Happening one, Happening next) {
    return one.participant().equals(next.participant())
        && one.instance() == next.instance()
        && one.time().equals(next.time())
        && !(next.kind() == Kind.HEARD && one.kind() != Kind.HEARD);
  }

  private static String withDetail(Happening happening) {
    return happening.detail() == null
        ? happening.subject()
        : "%s (%s)".formatted(happening.subject(), happening.detail());
  }

  private String turn() {
    List<String> parts = new ArrayList<>();
    for (List<String> part : List.of(in, done, out)) {
      if (!part.isEmpty()) {
        parts.add(String.join(", ", part));
      }
      part.clear();
    }
    return String.join(" -> ", parts);
  }

  private void line(Instant start, Instant time, String who, String what) {
    double seconds = Duration.between(start, time).toMillis() / 1_000.0;
    text.append(String.format(Locale.ROOT, "%n  %9.3f s  %-16s %s", seconds, who, what));
  }
}
