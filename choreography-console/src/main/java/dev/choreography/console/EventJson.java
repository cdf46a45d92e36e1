// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * Any event as JSON, in the words of its schema: as a trace prints it, bytes in hexadecimal, dates
 * and timestamps as ISO-8601 has them, decimals as text or number. Fields with a default may be
 * left out.
 */
final class EventJson {

  private final List<String> problems = new ArrayList<>();

  private EventJson() {}

  /**
   * The event.
   *
   * @throws IllegalArgumentException naming each problem: where, what was found, what was expected
   */
  static GenericRecord read(Schema schema, JsonNode given) {
    EventJson reading = new EventJson();
    Object event = reading.value(schema, given, "");
    if (!reading.problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", reading.problems));
    }
    return (GenericRecord) Objects.requireNonNull(event);
  }

  private @Nullable Object value(Schema schema, JsonNode given, String path) {
    return switch (schema.getType()) {
      case RECORD -> record(schema, given, path);
      case UNION -> union(schema, given, path);
      case ARRAY -> array(schema, given, path);
      case MAP -> map(schema, given, path);
      default -> scalar(schema, given, path);
    };
  }

  private @Nullable Object record(Schema schema, JsonNode given, String path) {
    if (!given.isObject()) {
      return problem(path, given, "an object");
    }
    List<String> names = schema.getFields().stream().map(Schema.Field::name).toList();
    for (Map.Entry<String, JsonNode> property : given.properties()) {
      if (!names.contains(property.getKey())) {
        problems.add(
            "%s is no field, expected one of %s"
                .formatted(within(path, property.getKey()), String.join(", ", names)));
      }
    }
    GenericRecord record = new GenericData.Record(schema);
    for (Schema.Field field : schema.getFields()) {
      JsonNode inner = given.path(field.name());
      if (!inner.isMissingNode()) {
        record.put(field.pos(), value(field.schema(), inner, within(path, field.name())));
      } else if (field.hasDefaultValue()) {
        record.put(field.pos(), GenericData.get().getDefaultValue(field));
      } else {
        problems.add(
            "%s is missing, expected %s"
                .formatted(within(path, field.name()), expected(field.schema())));
      }
    }
    return record;
  }

  /** As the first of its types that it fits. */
  private @Nullable Object union(Schema schema, JsonNode given, String path) {
    for (Schema type : schema.getTypes()) {
      EventJson tried = new EventJson();
      Object value = tried.value(type, given, path);
      if (tried.problems.isEmpty()) {
        return value;
      }
    }
    List<Schema> types =
        schema.getTypes().stream().filter(type -> type.getType() != Schema.Type.NULL).toList();
    return types.size() == 1
        ? value(types.get(0), given, path)
        : problem(path, given, expected(schema));
  }

  private @Nullable Object array(Schema schema, JsonNode given, String path) {
    if (!given.isArray()) {
      return problem(path, given, "an array");
    }
    List<@Nullable Object> items = new ArrayList<>();
    for (JsonNode item : given) {
      items.add(value(schema.getElementType(), item, "%s[%d]".formatted(path, items.size())));
    }
    return items;
  }

  private @Nullable Object map(Schema schema, JsonNode given, String path) {
    if (!given.isObject()) {
      return problem(path, given, "an object");
    }
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> property : given.properties()) {
      values.put(
          property.getKey(),
          value(schema.getValueType(), property.getValue(), within(path, property.getKey())));
    }
    return values;
  }

  private @Nullable Object scalar(Schema schema, JsonNode given, String path) {
    if (schema.getType() == Schema.Type.NULL && given.isNull()) {
      return null;
    }
    Object found = null;
    try {
      found = found(schema, given);
    } catch (DateTimeException | IllegalArgumentException | ArithmeticException e) {
      // said below
    }
    return found != null ? found : problem(path, given, expected(schema));
  }

  /** Null if it is of another kind. */
  private static @Nullable Object found(Schema schema, JsonNode given) {
    LogicalType logical = schema.getLogicalType();
    return switch (schema.getType()) {
      case STRING -> given.isTextual() ? given.asText() : null;
      case BOOLEAN -> given.isBoolean() ? (Object) given.asBoolean() : null;
      case INT -> integer(logical, given);
      case LONG -> longInteger(logical, given);
      case FLOAT -> given.isNumber() ? (Object) given.floatValue() : null;
      case DOUBLE -> given.isNumber() ? (Object) given.doubleValue() : null;
      case ENUM ->
          given.isTextual() && schema.hasEnumSymbol(given.asText())
              ? new GenericData.EnumSymbol(schema, given.asText())
              : null;
      case BYTES -> ByteBuffer.wrap(bytes(logical, given));
      case FIXED -> {
        byte[] bytes = bytes(null, given);
        yield bytes.length == schema.getFixedSize() ? new GenericData.Fixed(schema, bytes) : null;
      }
      default -> null;
    };
  }

  private static @Nullable Object integer(@Nullable LogicalType logical, JsonNode given) {
    if (logical instanceof LogicalTypes.Date && given.isTextual()) {
      return Math.toIntExact(LocalDate.parse(given.asText()).toEpochDay());
    }
    return given.isIntegralNumber() && given.canConvertToInt() ? (Object) given.asInt() : null;
  }

  private static @Nullable Object longInteger(@Nullable LogicalType logical, JsonNode given) {
    if (logical instanceof LogicalTypes.TimestampMillis && given.isTextual()) {
      return Instant.parse(given.asText()).toEpochMilli();
    }
    if (logical instanceof LogicalTypes.TimestampMicros && given.isTextual()) {
      return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(given.asText()));
    }
    return given.isIntegralNumber() && given.canConvertToLong() ? (Object) given.asLong() : null;
  }

  private static byte[] bytes(@Nullable LogicalType logical, JsonNode given) {
    if (logical instanceof LogicalTypes.Decimal decimal) {
      BigDecimal number =
          new BigDecimal(given.isNumber() || given.isTextual() ? given.asText() : "none")
              .setScale(decimal.getScale());
      if (number.precision() > decimal.getPrecision()) {
        throw new IllegalArgumentException("too many digits");
      }
      return number.unscaledValue().toByteArray();
    }
    if (!given.isTextual()) {
      throw new IllegalArgumentException("no text");
    }
    return HexFormat.of().parseHex(given.asText());
  }

  private static String expected(Schema schema) {
    LogicalType logical = schema.getLogicalType();
    return switch (schema.getType()) {
      case STRING -> "a text";
      case BOOLEAN -> "true or false";
      case INT ->
          logical instanceof LogicalTypes.Date ? "a date such as \"2027-05-01\"" : "a whole number";
      case LONG ->
          logical instanceof LogicalTypes.TimestampMillis
                  || logical instanceof LogicalTypes.TimestampMicros
              ? "a time such as \"2027-05-01T10:00:00Z\""
              : "a whole number";
      case FLOAT, DOUBLE -> "a number";
      case ENUM -> "one of " + String.join(", ", schema.getEnumSymbols());
      case BYTES ->
          logical instanceof LogicalTypes.Decimal decimal
              ? "a number of at most %d digits, %d of them after the point"
                  .formatted(decimal.getPrecision(), decimal.getScale())
              : "bytes in hexadecimal";
      case FIXED -> "%d bytes in hexadecimal".formatted(schema.getFixedSize());
      case RECORD, MAP -> "an object";
      case ARRAY -> "an array";
      case NULL -> "null";
      case UNION ->
          String.join(" or ", schema.getTypes().stream().map(EventJson::expected).toList());
    };
  }

  private @Nullable Object problem(String path, JsonNode given, String expected) {
    problems.add(
        "%s is %s, expected %s".formatted(path.isEmpty() ? "the whole" : path, given, expected));
    return null;
  }

  private static String within(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
