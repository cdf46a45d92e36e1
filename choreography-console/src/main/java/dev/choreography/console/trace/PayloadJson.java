// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/** What an event says, as JSON: bytes in hexadecimal, dates and times as text. */
final class PayloadJson {

  private static final ObjectMapper JSON = new ObjectMapper();

  private PayloadJson() {}

  static JsonNode of(@Nullable Object value) {
    if (value instanceof IndexedRecord record) {
      ObjectNode object = JSON.createObjectNode();
      for (Schema.Field field : record.getSchema().getFields()) {
        object.set(field.name(), of(record.get(field.pos())));
      }
      return object;
    }
    if (value instanceof Map<?, ?> map) {
      ObjectNode object = JSON.createObjectNode();
      map.forEach((key, inner) -> object.set(String.valueOf(key), of(inner)));
      return object;
    }
    if (value instanceof Collection<?> items) {
      ArrayNode array = JSON.createArrayNode();
      items.forEach(item -> array.add(of(item)));
      return array;
    }
    return scalar(value, JSON.getNodeFactory());
  }

  private static JsonNode scalar(@Nullable Object value, JsonNodeFactory nodes) {
    if (value == null) {
      return nodes.nullNode();
    }
    if (value instanceof Boolean truth) {
      return nodes.booleanNode(truth);
    }
    if (value instanceof Integer number) {
      return nodes.numberNode(number);
    }
    if (value instanceof Long number) {
      return nodes.numberNode(number);
    }
    if (value instanceof Double || value instanceof Float) {
      double number = ((Number) value).doubleValue();
      // JSON has no word for the others.
      return Double.isFinite(number)
          ? nodes.numberNode(new BigDecimal(value.toString()))
          : nodes.textNode(value.toString());
    }
    if (value instanceof ByteBuffer bytes) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.duplicate().get(copy);
      return nodes.textNode(HexFormat.of().formatHex(copy));
    }
    if (value instanceof GenericFixed fixed) {
      return nodes.textNode(HexFormat.of().formatHex(fixed.bytes()));
    }
    return nodes.textNode(value.toString());
  }
}
