// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import dev.choreography.console.trace.Trace.Debt;
import dev.choreography.control.DeclaredStep;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.protocol.Signal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A trace in sentences: what happened, why, what is owed and by whom, where the time went. */
public final class Explanation {

  private final SagaTrace saga;
  private final Instant now;

  private Explanation(SagaTrace saga, Instant now) {
    this.saga = saga;
    this.now = now;
  }

  /** A sentence each. */
  public static List<String> of(SagaTrace saga, Instant now) {
    Explanation explanation = new Explanation(saga, now);
    List<String> sentences = new ArrayList<>();
    sentences.add(explanation.beginning());
    for (TracedEvent event : saga.events()) {
      String sentence = explanation.happened(event);
      if (sentence != null) {
        sentences.add(sentence);
      }
    }
    for (Parking parking : Parking.open(saga.events())) {
      sentences.add(
          "%s of %s is parked for the %s time, since %s, and waits for an operator: %s."
              .formatted(
                  parking.step(),
                  parking.participant(),
                  ordinal(parking.times()),
                  at(parking.since()),
                  sentence(parking.error())));
    }
    for (Debt debt : saga.owed()) {
      sentences.add(
          "%s owes %s.".formatted(debt.participant(), String.join(" or ", debt.events())));
    }
    sentences.add(explanation.end());
    String time = explanation.time();
    if (time != null) {
      sentences.add(time);
    }
    return sentences;
  }

  private String beginning() {
    Integer version = saga.version();
    return "%s is a saga of %s%s, started at %s, to end by %s."
        .formatted(
            saga.saga(),
            saga.declaration().name(),
            version == null ? ", whose version is open until it is adopted" : " version " + version,
            at(saga.events().get(0).time()),
            at(saga.deadline()));
  }

  private @Nullable String happened(TracedEvent event) {
    if (event.event() == null) {
      return "A record of %s cannot be read, so nobody acts on it."
          .formatted(event.record().topic());
    }
    if (saga.isCopy(event)) {
      return null;
    }
    Signal signal = saga.declaration().signals().get(event.record().topic());
    if (signal == null) {
      return command(event);
    }
    if (signal.equals(Signal.STARTED)) {
      return null;
    }
    DeclaredStep step = saga.declaration().step(signal.step());
    return switch (signal.kind()) {
      case COMPLETED -> "%s completed%s.".formatted(step.getName(), after(event));
      case FAILED ->
          "%s failed%s: %s.".formatted(step.getName(), after(event), why(event, "rejected"));
      case COMPENSATED -> undone(step, event);
      default -> null;
    };
  }

  private String undone(DeclaredStep step, TracedEvent event) {
    String because = because(event);
    return "skipped".equals(event.outcome())
        ? "%s was never run%s.".formatted(step.getName(), because)
        : "resolved".equals(event.outcome())
            ? "%s counts as undone, by hand.".formatted(step.getName())
            : "repaired".equals(event.outcome())
                ? "%s had been undone or was never run, as its owner published again."
                    .formatted(step.getName())
                : "%s was undone%s%s.".formatted(step.getName(), after(event), because);
  }

  private String command(TracedEvent event) {
    String who = said(event, "who");
    return switch (event.type()) {
      case "cancel" ->
          "%s asked at %s that it not complete: %s."
              .formatted(who.isEmpty() ? "Somebody" : who, at(event.time()), said(event, "reason"));
      case "parked" ->
          "%s gave up %s at %s: %s."
              .formatted(
                  event.participant(), said(event, "step"), at(event.time()), said(event, "error"));
      case "retry" ->
          "%s had %s tried again at %s%s."
              .formatted(who, said(event, "step"), at(event.time()), reason(event));
      case "repair" ->
          "%s had it repaired at %s%s.".formatted(who, at(event.time()), reason(event));
      case "resolve" ->
          "%s resolved %s by hand at %s: %s."
              .formatted(who, said(event, "step"), at(event.time()), said(event, "why"));
      default -> "%s at %s.".formatted(event.type(), at(event.time()));
    };
  }

  private static String reason(TracedEvent event) {
    String why = said(event, "why");
    return why.isEmpty() ? "" : ": " + why;
  }

  private static String said(TracedEvent event, String field) {
    String said = event.field(field);
    return said == null ? "" : sentence(said);
  }

  /** Without its end. */
  private static String sentence(String text) {
    return text.strip().replaceAll("[.\\s]+$", "");
  }

  private static String why(TracedEvent event, String otherwise) {
    String outcome = event.outcome() == null ? otherwise : event.outcome();
    String reason = said(event, "reason");
    String words =
        switch (outcome) {
          case "rejected" -> "the business refused";
          case "exhausted" -> "its retries were exhausted";
          case "deadline" -> "the deadline had passed";
          case "cancelled" -> "the saga was cancelled before it ran";
          case "repaired" -> "its first event is lost";
          default -> outcome;
        };
    return reason.isEmpty() ? words : "%s (%s)".formatted(words, reason);
  }

  private static String because(TracedEvent event) {
    String cause = event.causeType();
    return cause == null ? "" : ", because of " + cause;
  }

  private String after(TracedEvent event) {
    Duration delay = saga.sinceCause(event);
    return delay == null ? "" : " after " + words(delay);
  }

  private String end() {
    return switch (saga.status(now)) {
      case "completed" -> "All its steps completed.";
      case "compensated" -> "Everything that it did is undone.";
      case "stuck" ->
          "It is stuck: it should have ended %s ago."
              .formatted(words(Duration.between(saga.deadline(), now)));
      case SagaTrace.DEAD_LETTER, SagaTrace.IGNORED ->
          "Nobody acts on it: %s.".formatted(sentence(String.valueOf(saga.refused())));
      default ->
          "It is in flight, and has %s left."
              .formatted(
                  now.isAfter(saga.deadline())
                      ? "no time"
                      : words(Duration.between(now, saga.deadline())));
    };
  }

  /** Sums over all its events; null where no header tells. */
  private @Nullable String time() {
    Map<String, Duration> sums = new LinkedHashMap<>();
    for (TracedEvent event : saga.events()) {
      Instant received = event.instant(EventHeaders.RECEIVED);
      Instant begun = event.instant(EventHeaders.STARTED);
      if (saga.isCopy(event) || received == null || begun == null) {
        continue;
      }
      TracedEvent cause = cause(event, received);
      if (cause != null) {
        add(sums, "broker", cause.published(), received);
      }
      add(sums, "inbox", received, begun);
      add(sums, "handler", begun, event.time());
      add(sums, "outbox", event.time(), event.published());
    }
    if (sums.isEmpty()) {
      return null;
    }
    List<String> parts = new ArrayList<>();
    sums.forEach((name, sum) -> parts.add(words(sum) + " in the " + name));
    return "Of its time, %s.".formatted(String.join(", ", parts));
  }

  private @Nullable TracedEvent cause(TracedEvent event, Instant received) {
    TracedEvent last = null;
    for (TracedEvent other : saga.events()) {
      if (other.id().equals(event.cause()) && !other.published().isAfter(received)) {
        last = other;
      }
    }
    return last;
  }

  private static void add(Map<String, Duration> sums, String name, Instant from, Instant to) {
    Duration some = Duration.between(from, to);
    sums.merge(name, some.isNegative() ? Duration.ZERO : some, Duration::plus);
  }

  private static Instant at(Instant time) {
    return time.truncatedTo(ChronoUnit.MILLIS);
  }

  /** {@code 12 µs}, {@code 340 ms}, {@code 1.2 s}, {@code 9 min 46 s}, {@code 2 h 5 min}. */
  private static String words(Duration duration) {
    long millis = duration.toMillis();
    long micros = duration.toNanos() / 1_000;
    if (millis == 0 && micros != 0) {
      return micros + " µs";
    }
    if (millis < 1_000) {
      return millis + " ms";
    }
    if (millis < 60_000) {
      long tenths = (millis + 50) / 100;
      return "%s.%s s".formatted(tenths / 10, tenths % 10);
    }
    return duration.toHours() == 0
        ? words(duration.toMinutes(), "min", duration.toSecondsPart(), "s")
        : duration.toDays() == 0
            ? words(duration.toHours(), "h", duration.toMinutesPart(), "min")
            : words(duration.toDays(), "d", duration.toHoursPart(), "h");
  }

  private static String words(long large, String unit, int small, String ofThose) {
    return small == 0
        ? "%s %s".formatted(large, unit)
        : "%s %s %s %s".formatted(large, unit, small, ofThose);
  }

  private static String ordinal(int number) {
    return switch (number) {
      case 1 -> "first";
      case 2 -> "second";
      case 3 -> "third";
      default -> number + "th";
    };
  }
}
