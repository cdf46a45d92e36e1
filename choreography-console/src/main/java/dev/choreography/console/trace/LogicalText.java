// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The text of a logical type's values, as people write it. Values are Avro's own, without Java's
 * types for logical types: {@code Integer}, {@code Long}, {@code byte[]} or a string.
 *
 * @param expected names the text in an error, such as {@code a date such as "2027-05-01"}
 * @param writer returns null for a value that has no such text
 * @param reader throws an {@link IllegalArgumentException}, {@link ArithmeticException} or {@link
 *     java.time.DateTimeException} for another text; nothing is rounded
 */
record LogicalText(
    String expected, Function<Object, @Nullable String> writer, Function<String, Object> reader) {

  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
  private static final String A_UUID = "a UUID such as \"6f1b1b3e-8d6c-4c5e-9c58-0d1f6a2b7c11\"";
  private static final String A_TIME = "a time such as \"2027-05-01T10:00:00Z\", to the ";
  private static final String A_LOCAL_TIME =
      "a local time such as \"2027-05-01T10:00:00\", to the ";
  private static final long NANOS = 1_000_000_000L;

  /** The text of a schema's logical type, null if it has none that is known. */
  static @Nullable LogicalText of(Schema schema) {
    LogicalType type = schema.getLogicalType();
    if (type == null) {
      return null;
    }
    return switch (type.getName()) {
      case "date" ->
          new LogicalText(
              "a date such as \"2027-05-01\"",
              days -> LocalDate.ofEpochDay((Integer) days).toString(),
              text -> Math.toIntExact(LocalDate.parse(text).toEpochDay()));
      case "time-millis" ->
          timeOfDay(Unit.MILLISECOND, millis -> ((Integer) millis).longValue(), Math::toIntExact);
      case "time-micros" -> timeOfDay(Unit.MICROSECOND, micros -> (Long) micros, ticks -> ticks);
      case "timestamp-millis" -> timestamp(Unit.MILLISECOND);
      case "timestamp-micros" -> timestamp(Unit.MICROSECOND);
      case "timestamp-nanos" -> timestamp(Unit.NANOSECOND);
      case "local-timestamp-millis" -> localTimestamp(Unit.MILLISECOND);
      case "local-timestamp-micros" -> localTimestamp(Unit.MICROSECOND);
      case "local-timestamp-nanos" -> localTimestamp(Unit.NANOSECOND);
      case "uuid" -> schema.getType() == Schema.Type.STRING ? uuidText() : uuidBytes();
      case "duration" ->
          new LogicalText(
              "a duration such as \"P1M2DT3.500S\"", DurationText::write, DurationText::read);
      case "decimal" -> DecimalText.of(schema, (LogicalTypes.Decimal) type);
      case "big-decimal" ->
          new LogicalText(
              "a number such as \"100.00\"", DecimalText::writeBig, DecimalText::readBig);
      default -> null;
    };
  }

  private enum Unit {
    MILLISECOND(1_000),
    MICROSECOND(1_000_000),
    NANOSECOND(NANOS);

    private final long perSecond;

    Unit(long perSecond) {
      this.perSecond = perSecond;
    }

    private long nanos() {
      return NANOS / perSecond;
    }

    private String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    private long ofNanos(long nanos) {
      if (nanos % nanos() != 0) {
        throw new IllegalArgumentException("more digits than to the " + word());
      }
      return nanos / nanos();
    }

    private Object ticks(long seconds, int nanos) {
      // The products of the earliest times overflow, their sums do not.
      return BigInteger.valueOf(seconds)
          .multiply(BigInteger.valueOf(perSecond))
          .add(BigInteger.valueOf(ofNanos(nanos)))
          .longValueExact();
    }

    private long seconds(Object ticks) {
      return Math.floorDiv((Long) ticks, perSecond);
    }

    private int nanoOfSecond(Object ticks) {
      return (int) (Math.floorMod((Long) ticks, perSecond) * nanos());
    }
  }

  private static LogicalText timeOfDay(
      Unit unit, Function<Object, Long> ticks, Function<Long, Object> value) {
    return new LogicalText(
        "a time of day such as \"10:00:00\", to the " + unit.word(),
        raw -> {
          long perDay = 86_400 * unit.perSecond;
          long some = ticks.apply(raw);
          return some < 0 || some >= perDay
              ? null
              : DateTimeFormatter.ISO_LOCAL_TIME.format(LocalTime.ofNanoOfDay(some * unit.nanos()));
        },
        text -> value.apply(unit.ofNanos(LocalTime.parse(text).toNanoOfDay())));
  }

  private static LogicalText timestamp(Unit unit) {
    return new LogicalText(
        A_TIME + unit.word(),
        ticks -> Instant.ofEpochSecond(unit.seconds(ticks), unit.nanoOfSecond(ticks)).toString(),
        text -> {
          Instant time = Instant.parse(text);
          return unit.ticks(time.getEpochSecond(), time.getNano());
        });
  }

  private static LogicalText localTimestamp(Unit unit) {
    return new LogicalText(
        A_LOCAL_TIME + unit.word(),
        ticks ->
            DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(
                LocalDateTime.ofEpochSecond(
                    unit.seconds(ticks), unit.nanoOfSecond(ticks), ZoneOffset.UTC)),
        text -> {
          Instant time = LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
          return unit.ticks(time.getEpochSecond(), time.getNano());
        });
  }

  private static LogicalText uuidText() {
    return new LogicalText(A_UUID, Object::toString, LogicalText::uuid);
  }

  private static LogicalText uuidBytes() {
    return new LogicalText(
        A_UUID,
        raw -> {
          ByteBuffer bytes = ByteBuffer.wrap((byte[]) raw);
          return new UUID(bytes.getLong(), bytes.getLong()).toString();
        },
        text -> {
          UUID uuid = UUID.fromString(uuid(text));
          return ByteBuffer.allocate(16)
              .putLong(uuid.getMostSignificantBits())
              .putLong(uuid.getLeastSignificantBits())
              .array();
        });
  }

  /** The text as it is: Java reads what is no UUID to others, such as 1-1-1-1-1. */
  private static String uuid(String text) {
    if (!UUID_TEXT.matcher(text).matches()) {
      throw new IllegalArgumentException("no UUID");
    }
    return text;
  }
}
