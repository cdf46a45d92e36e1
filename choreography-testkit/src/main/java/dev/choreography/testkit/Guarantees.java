// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.EventType;
import dev.choreography.Step;
import dev.choreography.protocol.Graph;
import dev.choreography.testkit.Happening.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The framework's own promises.
 *
 * @param name as in the sentence "the guarantee ... is broken"
 * @param judge what is wrong with a history
 */
record Guarantees(String name, Function<History, @Nullable String> judge) implements Guarantee {

  static final Guarantee NOTHING_IN_BETWEEN =
      new Guarantees("nothing in between", Guarantees::inBetween);
  static final Guarantee NOTHING_TWICE = new Guarantees("nothing twice", Guarantees::twice);
  static final Guarantee UNDONE_IN_ORDER = new Guarantees("undone in order", Guarantees::order);
  static final Guarantee NOTHING_WITHOUT_CAUSE =
      new Guarantees("nothing without cause", Guarantees::cause);
  static final Guarantee DEADLINES_ARE_KEPT =
      new Guarantees("deadlines are kept", Guarantees::deadline);

  static final String CANCEL = "cancel";

  /** Timers look every five seconds, and twice; a participant may be restarting. */
  private static final Duration GRACE = Duration.ofMinutes(1);

  /** Some delays of half a minute each. */
  private static final Duration WITHOUT_WONDER = Duration.ofMinutes(5);

  /**
   * A start that is read again before its copy is adopted again: as often as faults have it read.
   */
  private static final int ADOPTIONS = 20;

  private static final List<Kind> ONCE =
      List.of(Kind.EXECUTED, Kind.REJECTED, Kind.COMPENSATED, Kind.CONFIRMED);

  @Override
  public @Nullable String violation(History history) {
    return judge.apply(history);
  }

  private static @Nullable String inBetween(History history) {
    List<Step> steps = history.choreography().steps();
    boolean succeeded = true;
    boolean over = true;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      boolean executed = history.has(Kind.EXECUTED, step.name());
      boolean undone = isUndone(history, step);
      succeeded &= executed && !undone && history.has(Kind.CONFIRMED, step.name());
      over &=
          executed ? undone : !history.choreography().graph().isRoot(i) || isOver(history, step);
    }
    return succeeded || over || isNothing(history) ? null : standing(history);
  }

  /** A saga whose start was never committed. */
  private static boolean isNothing(History history) {
    return !history.has(Kind.ASKED, history.choreography().start().topic())
        && !history.has(Kind.ASKED, CANCEL)
        && history.happenings().stream()
            .allMatch(
                happening ->
                    happening.kind() == Kind.FAULT
                        || happening.kind() == Kind.ASKED
                        || happening.kind() == Kind.LOST);
  }

  /** By its handler, or by hand. */
  private static boolean isUndone(History history, Step step) {
    EventType compensated = step.compensated();
    return history.has(Kind.COMPENSATED, step.name())
        || (compensated != null && history.has(Kind.EMITTED, compensated.topic()));
  }

  private static boolean isOver(History history, Step step) {
    return isUndone(history, step) || history.has(Kind.EMITTED, step.failed().topic());
  }

  private static String standing(History history) {
    List<String> standing = new ArrayList<>();
    for (Step step : history.choreography().steps()) {
      String name = step.name();
      if (isUndone(history, step)) {
        standing.add(
            name + (history.has(Kind.EXECUTED, name) ? " is compensated" : " was skipped"));
      } else if (history.has(Kind.CONFIRMED, name)) {
        standing.add(name + " is confirmed");
      } else if (history.has(Kind.EXECUTED, name)) {
        standing.add(name + " is executed, and neither confirmed nor compensated");
      } else if (isOver(history, step)) {
        standing.add(name + " has failed");
      } else {
        standing.add(name + " has not run");
      }
    }
    return String.join(", ", standing);
  }

  private static @Nullable String twice(History history) {
    String start = history.choreography().start().topic();
    if (history.count(Kind.EMITTED, start) > ADOPTIONS) {
      return "%s is adopted %s times".formatted(start, history.count(Kind.EMITTED, start));
    }
    for (Step step : history.choreography().steps()) {
      String name = step.name();
      for (int i = 0; i < ONCE.size(); i++) {
        Kind kind = ONCE.get(i);
        if (history.count(kind, name) > 1) {
          return "%s is %s %s times".formatted(name, lower(kind), history.count(kind, name));
        }
      }
      String emitted = emittedTwice(history, step);
      if (emitted != null) {
        return emitted;
      }
      int executed = history.first(Kind.EXECUTED, name);
      boolean compensated = history.has(Kind.COMPENSATED, name);
      boolean confirmed = history.has(Kind.CONFIRMED, name);
      if (executed < 0 && (compensated || confirmed)) {
        return "%s is %s and was never executed"
            .formatted(name, compensated ? "compensated" : "confirmed");
      }
      if (compensated && confirmed) {
        return "%s is compensated and confirmed".formatted(name);
      }
      int refused = firstRefusal(history, step);
      if (executed >= 0 && refused >= 0) {
        return "%s is executed %s it has said that it will not be"
            .formatted(name, refused < executed ? "after" : "before");
      }
    }
    return null;
  }

  private static @Nullable String emittedTwice(History history, Step step) {
    for (EventType type : new EventType[] {step.completed(), step.failed(), step.compensated()}) {
      if (type != null && history.count(Kind.EMITTED, type.topic()) > 1) {
        return "%s is emitted %s times".formatted(type, history.count(Kind.EMITTED, type.topic()));
      }
    }
    return null;
  }

  private static int firstRefusal(History history, Step step) {
    int failed = history.first(Kind.EMITTED, step.failed().topic());
    EventType undone = step.compensated();
    if (failed >= 0 || undone == null) {
      return failed;
    }
    int skipped = history.first(Kind.EMITTED, undone.topic());
    return skipped >= 0 && "skipped".equals(history.happenings().get(skipped).detail())
        ? skipped
        : -1;
  }

  private static @Nullable String order(History history) {
    List<Step> steps = history.choreography().steps();
    for (int i = 0; i < steps.size(); i++) {
      int undone = history.first(Kind.COMPENSATED, steps.get(i).name());
      if (undone < 0) {
        continue;
      }
      int after = history.choreography().graph().descendants(i);
      for (int follower = 0; follower < steps.size(); follower++) {
        String name = steps.get(follower).name();
        if (Graph.contains(after, follower)
            && history.has(Kind.EXECUTED, name)
            && !isUndoneBefore(history, steps.get(follower), undone)) {
          return "%s is compensated while %s, which follows it, is not"
              .formatted(steps.get(i).name(), name);
        }
      }
    }
    return null;
  }

  private static boolean isUndoneBefore(History history, Step step, int place) {
    int executed = firstEver(history, Kind.EXECUTED, step.name());
    int undone = firstEver(history, Kind.COMPENSATED, step.name());
    EventType event = step.compensated();
    int told = event == null ? -1 : firstEver(history, Kind.EMITTED, event.topic());
    if (undone < 0 || (told >= 0 && told < undone)) {
      undone = told;
    }
    return undone >= 0
        && undone < place
        && (executed < place || history.happenings().get(undone).kind() == Kind.LOST);
  }

  /** A step that is undone once more, after its database was restored, may come late. */
  private static int firstEver(History history, Kind kind, String subject) {
    List<Happening> happenings = history.happenings();
    for (int i = 0; i < happenings.size(); i++) {
      if (happenings.get(i).subject().equals(subject) && happenings.get(i).was(kind)) {
        return i;
      }
    }
    return -1;
  }

  private static @Nullable String cause(History history) {
    List<Happening> happenings = history.happenings();
    for (int i = 0; i < happenings.size(); i++) {
      Happening happening = happenings.get(i);
      String wrong =
          switch (happening.kind()) {
            case HEARD -> wasEmitted(history, happening, i) ? null : "heard before it was emitted";
            case EMITTED -> unfounded(history, happening, i);
            case EXECUTED, REJECTED, COMPENSATED, CONFIRMED, FAILED ->
                miscounted(history, happening, i);
            case ASKED, LOST, FAULT -> null;
          };
      if (wrong != null) {
        return "%s: %s".formatted(happening.subject(), wrong);
      }
    }
    return null;
  }

  private static boolean wasEmitted(History history, Happening heard, int before) {
    for (int i = before - 1; i >= 0; i--) {
      Happening earlier = history.happenings().get(i);
      if ((earlier.was(Kind.EMITTED) || earlier.was(Kind.ASKED))
          && earlier.subject().equals(heard.subject())) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable String unfounded(History history, Happening emitted, int place) {
    String outcome = emitted.detail();
    if (emitted.subject().equals(CANCEL) && !wasHeldUp(history, place)) {
      return "late, and nothing held it up";
    }
    if (outcome == null) {
      return null;
    }
    return switch (outcome) {
      case "deadline" ->
          emitted.time().isBefore(history.deadline()) ? "too late before the deadline" : null;
      case "cancelled" ->
          happenedBefore(history, place, Kind.ASKED, CANCEL)
                  || happenedBefore(history, place, Kind.EMITTED, CANCEL)
              ? null
              : "cancelled, and nobody asked for it";
      case "exhausted" ->
          happenedBefore(history, place, Kind.FAILED, stepThatFails(history, emitted.subject()))
              ? null
              : "exhausted, and its handler never failed";
      default -> null;
    };
  }

  /** Where the deadline is so near that it is no wonder, everything counts as held up. */
  private static boolean wasHeldUp(History history, int place) {
    List<Happening> happenings = history.happenings();
    for (int i = 0; i < place; i++) {
      Happening earlier = happenings.get(i);
      if (earlier.kind() == Kind.FAULT
          || earlier.kind() == Kind.FAILED
          || (earlier.kind() == Kind.ASKED && earlier.subject().equals(CANCEL))) {
        return true;
      }
    }
    return happenings.get(0).time().plus(WITHOUT_WONDER).isAfter(history.deadline());
  }

  private static String stepThatFails(History history, String topic) {
    for (Step step : history.choreography().steps()) {
      if (step.failed().topic().equals(topic)) {
        return step.name();
      }
    }
    return "";
  }

  private static boolean happenedBefore(History history, int place, Kind kind, String subject) {
    int first = history.first(kind, subject);
    return first >= 0 && first < place;
  }

  /** Attempts are counted from the last call that succeeded, or that led to parking. */
  private static @Nullable String miscounted(History history, Happening call, int place) {
    if (call.attempt() <= 1) {
      return null;
    }
    int failed = 0;
    for (int i = place - 1; i >= 0 && failed < call.attempt() - 1; i--) {
      Happening earlier = history.happenings().get(i);
      if (earlier.subject().equals(call.subject()) && earlier.attempt() > 0) {
        if (earlier.kind() != Kind.FAILED) {
          break;
        }
        failed++;
      }
    }
    return failed == call.attempt() - 1
        ? null
        : "attempt %s after %s that failed".formatted(call.attempt(), failed);
  }

  private static @Nullable String deadline(History history) {
    Instant deadline = history.deadline();
    boolean asked = false;
    List<Happening> happenings = history.happenings();
    for (int i = 0; i < happenings.size(); i++) {
      Happening happening = happenings.get(i);
      if (happening.kind() == Kind.EXECUTED && !happening.time().isBefore(deadline)) {
        return "%s is executed after the deadline".formatted(happening.subject());
      }
      asked |= happening.subject().equals(CANCEL);
      if (!asked
          && (happening.kind() == Kind.COMPENSATED || happening.kind() == Kind.CONFIRMED)
          && happening.time().isAfter(deadline.plus(GRACE))
          && !wasTold(history, happening, i)) {
        return "%s stood undecided from the deadline until %s after it, and did not ask for a cancel"
            .formatted(happening.subject(), Duration.between(deadline, happening.time()));
      }
    }
    return null;
  }

  /** One that is tried again, or waits until others are undone, was told what to do before. */
  private static boolean wasTold(History history, Happening end, int place) {
    int failed = history.first(Kind.FAILED, end.subject());
    if (failed >= 0 && failed < place) {
      return true;
    }
    Instant until = history.deadline().plus(GRACE);
    for (int i = 0; i < place; i++) {
      Happening heard = history.happenings().get(i);
      if (heard.kind() == Kind.HEARD
          && heard.participant().equals(end.participant())
          && !heard.time().isAfter(until)
          && isOfTheWayBack(history, heard.subject())) {
        return true;
      }
    }
    return false;
  }

  private static boolean isOfTheWayBack(History history, String type) {
    for (Step step : history.choreography().steps()) {
      EventType compensated = step.compensated();
      if (step.failed().topic().equals(type)
          || (compensated != null && compensated.topic().equals(type))) {
        return true;
      }
    }
    return false;
  }

  private static String lower(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
