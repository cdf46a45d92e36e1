// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.UncheckedIOException;
import java.util.Map;
import org.apache.avro.Schema;

/**
 * A schema as its author wrote it. Generated classes carry {@code avro.java.string} at each string;
 * registered like that, the same schema would get a second id.
 */
public final class PlainSchema {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String JAVA_STRING = "avro.java.string";

  private PlainSchema() {}

  /** Its JSON. */
  public static String of(Schema schema) {
    try {
      return plain(JSON.readTree(schema.toString())).toString();
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode plain(JsonNode node) {
    if (node instanceof ArrayNode array) {
      ArrayNode copy = JSON.createArrayNode();
      array.forEach(item -> copy.add(plain(item)));
      return copy;
    }
    if (node instanceof ObjectNode object) {
      ObjectNode copy = JSON.createObjectNode();
      for (Map.Entry<String, JsonNode> property : object.properties()) {
        if (!property.getKey().equals(JAVA_STRING)) {
          copy.set(
              property.getKey(),
              property.getKey().equals("default")
                  ? property.getValue()
                  : plain(property.getValue()));
        }
      }
      return object.has(JAVA_STRING) && copy.size() == 1 ? TextNode.valueOf("string") : copy;
    }
    return node;
  }
}
