// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.IdentityHashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The type of a union that JSON is of: the one whose name is around it, as in Avro's own JSON, else
 * the first that it fits. Asked about each part of a JSON once: unions within unions would be asked
 * about exponentially often.
 */
final class UnionBranch {

  private final IdentityHashMap<Schema, IdentityHashMap<JsonNode, Boolean>> answered =
      new IdentityHashMap<>();

  /**
   * A type with its value.
   *
   * @param index of the type in its union
   * @param value without the type's name around it
   * @param named whether that was there
   */
  record Chosen(int index, JsonNode value, boolean named) {}

  /** The type; null if the JSON fits none. */
  @Nullable Chosen of(Schema union, JsonNode given) {
    if (given.isObject() && given.size() == 1) {
      Map.Entry<String, JsonNode> only = given.properties().iterator().next();
      Integer index = union.getIndexNamed(only.getKey());
      if (index != null && fits(union.getTypes().get(index), only.getValue())) {
        return new Chosen(index, only.getValue(), true);
      }
    }
    for (int i = 0; i < union.getTypes().size(); i++) {
      if (fits(union.getTypes().get(i), given)) {
        return new Chosen(i, given, false);
      }
    }
    return null;
  }

  private boolean fits(Schema schema, JsonNode given) {
    IdentityHashMap<JsonNode, Boolean> known =
        answered.computeIfAbsent(schema, type -> new IdentityHashMap<>());
    Boolean before = known.get(given);
    if (before != null) {
      return before;
    }
    boolean fits =
        switch (schema.getType()) {
          case RECORD -> given.isObject() && fitsRecord(schema, given);
          case ARRAY -> given.isArray() && all(given, schema.getElementType());
          case MAP -> given.isObject() && all(given, schema.getValueType());
          case UNION -> of(schema, given) != null;
          case NULL -> given.isNull();
          default -> AvroScalar.read(schema, given) != null;
        };
    known.put(given, fits);
    return fits;
  }

  private boolean fitsRecord(Schema schema, JsonNode given) {
    for (Map.Entry<String, JsonNode> property : given.properties()) {
      Schema.Field field = schema.getField(property.getKey());
      if (field == null || !fits(field.schema(), property.getValue())) {
        return false;
      }
    }
    return schema.getFields().stream()
        .allMatch(field -> field.hasDefaultValue() || given.has(field.name()));
  }

  private boolean all(JsonNode parts, Schema schema) {
    for (JsonNode part : parts) {
      if (!fits(schema, part)) {
        return false;
      }
    }
    return true;
  }
}
