// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.Trace.Debt;
import dev.choreography.protocol.Signal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/** A trace for people. */
final class TraceText {

  private final DateTimeFormatter time;
  private final DateTimeFormatter moment;
  private final boolean colours;

  TraceText(ZoneId zone, boolean colours) {
    this.time = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(zone);
    this.moment = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(zone);
    this.colours = colours;
  }

  String head(SagaTrace saga) {
    return bold(
        "%s, %s version %d, until %s"
            .formatted(
                saga.saga(),
                saga.declaration().name(),
                saga.declaration().declared().getVersion(),
                moment.format(saga.deadline())));
  }

  /** One line: when, how long after its cause, topic, partition@offset, who, what came of it. */
  String event(SagaTrace saga, TracedEvent event) {
    int width =
        Stream.concat(
                saga.declaration().topics().stream(),
                Stream.of(saga.declaration().declared().getControl()))
            .mapToInt(String::length)
            .max()
            .orElse(0);
    String topic = String.format("%-" + width + "s", event.record().topic());
    String line =
        "%s %10s  %s  %-8s %-16s %s"
            .formatted(
                time.format(event.time()),
                delay(saga.sinceCause(event)),
                colour(saga.declaration().signals().get(event.record().topic()), topic),
                event.record().partition() + "@" + event.record().offset(),
                event.participant() == null ? "" : event.participant(),
                says(saga, event));
    return line.stripTrailing();
  }

  /** How it stands, and who owes what. */
  List<String> end(SagaTrace saga, Instant now) {
    List<String> lines = new ArrayList<>();
    String status = saga.status(now);
    lines.add(
        switch (status) {
          case "completed" -> ansi("32", "completed");
          case "compensated" -> ansi("33", "compensated");
          case "stuck" ->
              ansi("31", "stuck")
                  + " since "
                  + moment.format(saga.deadline().plus(1, ChronoUnit.MINUTES));
          default -> "in flight";
        });
    for (Debt debt : saga.owed()) {
      lines.add("  " + debt);
    }
    return lines;
  }

  /** In words: outcome, reason, and what is unusual about it. */
  static String says(SagaTrace saga, TracedEvent event) {
    if (event.event() == null) {
      return "cannot be read, see `./saga dead-letters`";
    }
    if (event.record().topic().equals(saga.declaration().declared().getControl())) {
      return event.type() + fields(event);
    }
    String kind =
        SagaTrace.isBare(event) ? "bare" : saga.isAdopted(event) ? "adopted" : event.outcome();
    boolean isCopy = saga.isCopy(event) && !saga.isAdopted(event);
    String words =
        Stream.of(kind, isCopy ? "copy" : null)
            .filter(Objects::nonNull)
            .collect(Collectors.joining(", "));
    String reason = event.field("reason");
    return reason == null || reason.isBlank()
        ? words
        : words.isEmpty() ? reason : words + ": " + reason;
  }

  /** A command's: few, and for the operator. */
  private static String fields(TracedEvent event) {
    return event.event() == null
        ? ""
        : event.event().getSchema().getFields().stream()
            .map(Schema.Field::name)
            .filter(name -> !name.equals("saga_id"))
            .map(name -> ", %s: %s".formatted(name, event.field(name)))
            .collect(Collectors.joining());
  }

  private static String delay(@Nullable Duration delay) {
    if (delay == null) {
      return "";
    }
    return delay.abs().toSeconds() < 10
        ? "%+d ms".formatted(delay.toMillis())
        : String.format(Locale.ROOT, "%+.1f s", delay.toMillis() / 1e3);
  }

  private String colour(@Nullable Signal signal, String text) {
    if (signal == null) {
      return text;
    }
    return switch (signal.kind()) {
      case COMPLETED -> ansi("32", text);
      case FAILED -> ansi("31", text);
      case COMPENSATED -> ansi("33", text);
      default -> text;
    };
  }

  private String bold(String text) {
    return ansi("1", text);
  }

  private String ansi(String code, String text) {
    return colours ? "\033[" + code + "m" + text + "\033[0m" : text;
  }
}
