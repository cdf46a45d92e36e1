// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificData;
import org.jspecify.annotations.Nullable;

/**
 * An event as JSON, in the words of its schema, which {@link EventJson} reads back to the same
 * bytes: bytes in hexadecimal, logical types as {@link LogicalText} has them. A value of a union
 * has the name of its type around it where it would be read as another type without.
 */
public final class PayloadJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final UnionBranch branches = new UnionBranch();

  private PayloadJson() {}

  /** The whole event. */
  public static JsonNode of(IndexedRecord event) {
    try {
      return new PayloadJson().value(event.getSchema(), event);
    } catch (StackOverflowError e) {
      return JSON.getNodeFactory().textNode("It is nested too deeply to be shown.");
    }
  }

  private JsonNode value(Schema schema, @Nullable Object value) {
    if (Mask.HIDDEN.equals(value)) {
      return JSON.getNodeFactory().textNode(Mask.HIDDEN);
    }
    if (schema.getType() == Schema.Type.UNION) {
      return union(schema, value);
    }
    if (value instanceof IndexedRecord record) {
      ObjectNode object = JSON.createObjectNode();
      for (Schema.Field field : record.getSchema().getFields()) {
        object.set(field.name(), value(field.schema(), record.get(field.pos())));
      }
      return object;
    }
    if (value instanceof Map<?, ?> map) {
      ObjectNode object = JSON.createObjectNode();
      map.forEach(
          (key, inner) -> object.set(String.valueOf(key), value(schema.getValueType(), inner)));
      return object;
    }
    if (value instanceof Collection<?> items) {
      ArrayNode array = JSON.createArrayNode();
      items.forEach(item -> array.add(value(schema.getElementType(), item)));
      return array;
    }
    return AvroScalar.write(schema, value);
  }

  private JsonNode union(Schema union, @Nullable Object value) {
    int index;
    try {
      index = SpecificData.get().resolveUnion(union, value);
    } catch (AvroRuntimeException e) {
      return JSON.getNodeFactory().textNode(String.valueOf(value));
    }
    Schema type = union.getTypes().get(index);
    JsonNode plain = value(type, value);
    UnionBranch.Chosen chosen = branches.of(union, plain);
    return chosen != null && chosen.index() == index && !chosen.named()
        ? plain
        : JSON.createObjectNode().set(type.getFullName(), plain);
  }
}
