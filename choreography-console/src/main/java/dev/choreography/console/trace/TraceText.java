// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/** A trace for people. */
public final class TraceText {

  private final DateTimeFormatter time;
  private final DateTimeFormatter moment;
  private final BinaryOperator<String> style;

  /**
   * For readers in a time zone.
   *
   * @param style of a number of a colour or weight, and a text, makes the text that looks so
   */
  public TraceText(ZoneId zone, BinaryOperator<String> style) {
    this.time = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(zone);
    this.moment = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(zone);
    this.style = style;
  }

  /**
   * Its first line.
   *
   * @param saga as {@link TraceJson#status} tells it
   */
  public String head(JsonNode saga) {
    JsonNode version = saga.path("version");
    return bold(
        "%s, %s version %s, until %s"
            .formatted(
                saga.path("saga").asText(),
                saga.path("choreography").asText(),
                version.isNull() ? "open" : version.asText(),
                moment.format(time(saga, "deadline"))));
  }

  /** How wide the longest of these topics is. */
  public static int width(Collection<String> topics) {
    return topics.stream().mapToInt(String::length).max().orElse(0);
  }

  /**
   * One line: when, how long after its cause, topic, partition@offset, who, what came of it.
   *
   * @param event as {@link TraceJson#event} tells it
   * @param width of the topics
   */
  public String event(JsonNode event, int width) {
    String topic = String.format("%-" + Math.max(1, width) + "s", event.path("topic").asText());
    JsonNode participant = event.path("participant");
    String line =
        "%s %10s  %s  %-8s %-16s %s"
            .formatted(
                time.format(time(event, "time")),
                delay(event.path("delay_ms")),
                colour(event.path("kind").asText(), topic),
                event.path("partition").asInt() + "@" + event.path("offset").asLong(),
                participant.isNull() ? "" : participant.asText(),
                event.path("says").asText());
    return line.stripTrailing();
  }

  /**
   * How it stands, and who owes what.
   *
   * @param saga as {@link TraceJson#status} tells it
   */
  public List<String> end(JsonNode saga) {
    List<String> lines = new ArrayList<>();
    String status = saga.path("status").asText();
    lines.add(
        switch (status) {
          case "completed" -> ansi("32", "completed");
          case "compensated" -> ansi("33", "compensated");
          case "stuck" ->
              ansi("31", "stuck")
                  + " since "
                  + moment.format(time(saga, "deadline").plus(SagaTrace.UNTIL_STUCK));
          case SagaTrace.DEAD_LETTER, SagaTrace.IGNORED ->
              ansi("31", "not begun") + ": " + saga.path("refused").asText();
          default -> "in flight";
        });
    for (JsonNode debt : saga.path("owed")) {
      List<String> events = new ArrayList<>();
      debt.path("events").forEach(event -> events.add(event.asText()));
      lines.add(
          "  %s owes %s".formatted(debt.path("participant").asText(), String.join(" or ", events)));
    }
    return lines;
  }

  private static Instant time(JsonNode of, String field) {
    return Instant.parse(of.path(field).asText());
  }

  /** In words: outcome, reason, and what is unusual about it. */
  public static String says(SagaTrace saga, TracedEvent event) {
    String size = event.header(TracedEvent.SHORTENED);
    if (size != null) {
      return (event.event() == null ? "" : said(saga, event) + ", ")
          + "shortened: its %s bytes are on its topic".formatted(size);
    }
    return said(saga, event);
  }

  private static String said(SagaTrace saga, TracedEvent event) {
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
            .filter(name -> !name.equals("saga_id") && isSaid(event.field(name)))
            .map(name -> ", %s: %s".formatted(name, event.field(name)))
            .collect(Collectors.joining());
  }

  private static boolean isSaid(@Nullable String text) {
    return text != null && !text.isEmpty();
  }

  private static String delay(JsonNode delay) {
    if (delay.isNull()) {
      return "";
    }
    long millis = delay.asLong();
    return Math.abs(millis) < 10_000
        ? String.format(Locale.ROOT, "%+d ms", millis)
        : String.format(Locale.ROOT, "%+.1f s", millis / 1e3);
  }

  private String colour(String kind, String text) {
    return switch (kind) {
      case "completed" -> ansi("32", text);
      case "failed" -> ansi("31", text);
      case "compensated" -> ansi("33", text);
      default -> text;
    };
  }

  private String bold(String text) {
    return ansi("1", text);
  }

  private String ansi(String code, String text) {
    return style.apply(code, text);
  }
}
