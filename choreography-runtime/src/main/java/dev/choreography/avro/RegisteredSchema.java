// SPDX-License-Identifier: Apache-2.0
package dev.choreography.avro;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A schema as a registry has it.
 *
 * @param text of it, in its own language
 * @param references the schemas whose types it uses, in their order
 */
record RegisteredSchema(String text, List<Reference> references) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String AVRO = "AVRO";

  /**
   * A schema that another uses.
   *
   * @param name of its type
   */
  record Reference(String name, String subject, int version) {}

  /**
   * Reads an answer of a registry's.
   *
   * @throws IOException if it is none
   */
  static RegisteredSchema read(JsonNode answer) throws IOException {
    JsonNode text = answer.path("schema");
    String type = answer.path("schemaType").asText(AVRO);
    if (!text.isTextual() || (type.equals(AVRO) && !isJson(text.textValue()))) {
      throw RegistryClient.notOfRegistry("a schema", answer);
    }
    List<Reference> references = new ArrayList<>();
    for (JsonNode reference : answer.path("references")) {
      JsonNode subject = reference.path("subject");
      JsonNode version = reference.path("version");
      if (!subject.isTextual() || !version.canConvertToInt()) {
        throw RegistryClient.notOfRegistry("subject and version of each reference", answer);
      }
      references.add(
          new Reference(reference.path("name").asText(), subject.textValue(), version.intValue()));
    }
    return new RegisteredSchema(text.textValue(), List.copyOf(references));
  }

  /**
   * Returns whether a registry may have said it. A schema in JSON that this Avro does not take may
   * well be registered, and others may have written with it: to wait for another answer would be to
   * wait for ever.
   */
  private static boolean isJson(String text) {
    try {
      JsonNode json = JSON.readTree(text);
      return json.isContainerNode() || json.isTextual();
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
