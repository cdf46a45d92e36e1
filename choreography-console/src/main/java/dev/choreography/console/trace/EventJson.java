// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * Any event from JSON, in the words of its schema, as {@link PayloadJson} writes it: what a trace
 * prints is read back to the same bytes. Fields with a default may be left out, decimals may be
 * numbers, and a value of a union may have the name of its type around it, as in Avro's own JSON.
 */
public final class EventJson {

  private final List<String> problems = new ArrayList<>();
  private final UnionBranch branches;

  private EventJson(UnionBranch branches) {
    this.branches = branches;
  }

  /**
   * The event.
   *
   * @throws IllegalArgumentException naming each problem: where, what was found, what was expected
   */
  public static GenericRecord read(Schema schema, JsonNode given) {
    EventJson reading = new EventJson(new UnionBranch());
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

  private @Nullable Object union(Schema schema, JsonNode given, String path) {
    UnionBranch.Chosen chosen = branches.of(schema, given);
    if (chosen != null) {
      return value(schema.getTypes().get(chosen.index()), chosen.value(), path);
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
      items.add(value(schema.getElementType(), item, path + "[" + items.size() + "]"));
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
    Object found = AvroScalar.read(schema, given);
    return found != null ? found : problem(path, given, expected(schema));
  }

  private static String expected(Schema schema) {
    return switch (schema.getType()) {
      case RECORD, MAP -> "an object";
      case ARRAY -> "an array";
      case UNION ->
          String.join(" or ", schema.getTypes().stream().map(EventJson::expected).toList());
      default -> AvroScalar.expected(schema);
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
