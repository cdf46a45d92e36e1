// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;

/**
 * What is answered.
 *
 * @param body none if it is empty
 * @param headers beside those that every answer has
 */
public record Answer(int status, String type, byte[] body, Map<String, String> headers) {

  static final String JSON = "application/json; charset=utf-8";

  /** An object. */
  public static Answer json(int status, JsonNode body) {
    return new Answer(status, JSON, (body + "\n").getBytes(UTF_8), Map.of());
  }

  /** Text of some type. */
  public static Answer text(String type, String body) {
    return new Answer(200, type, body.getBytes(UTF_8), Map.of());
  }

  /** Nothing. */
  public static Answer empty(int status, Map<String, String> headers) {
    return new Answer(status, "text/plain", new byte[0], headers);
  }

  static Answer error(int status, String sentence) {
    return json(status, new ObjectMapper().createObjectNode().put("error", sentence));
  }

  Answer with(String header, String value) {
    return new Answer(status, type, body, Map.of(header, value));
  }
}
