// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How maps lie in a column: headers as JSON, which people read, inputs as framed bytes. */
final class Wire {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<LinkedHashMap<String, String>> HEADERS =
      new TypeReference<>() {};

  private static final int USUAL_LENGTH = 512;

  private Wire() {}

  /** Without Jackson's writer, which every event would pay for: hardly a header needs quoting. */
  static String headers(Map<String, String> headers) {
    StringBuilder json = new StringBuilder(USUAL_LENGTH);
    headers.forEach(
        (name, value) -> {
          quote(name, json.append(json.isEmpty() ? '{' : ','));
          quote(value, json.append(':'));
        });
    return json.append(json.isEmpty() ? "{}" : "}").toString();
  }

  private static void quote(String text, StringBuilder json) {
    json.append('"');
    if (isPlain(text)) {
      json.append(text);
    } else {
      JsonStringEncoder.getInstance().quoteAsString(text, json);
    }
    json.append('"');
  }

  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < ' ' || c == '"' || c == '\\') {
        return false;
      }
    }
    return true;
  }

  static Map<String, String> headers(String json) {
    try {
      return JSON.readValue(json, HEADERS);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte @Nullable [] inputs(Map<String, byte[]> inputs) {
    if (inputs.isEmpty()) {
      return null;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(inputs.size());
      for (Map.Entry<String, byte[]> input : new TreeMap<>(inputs).entrySet()) {
        out.writeUTF(input.getKey());
        out.writeInt(input.getValue().length);
        out.write(input.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  static Map<String, byte[]> inputs(byte @Nullable [] column) {
    if (column == null) {
      return Map.of();
    }
    Map<String, byte[]> inputs = new TreeMap<>();
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(column))) {
      for (int left = in.readInt(); left > 0; left--) {
        String topic = in.readUTF();
        inputs.put(topic, in.readNBytes(in.readInt()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("column choreography_journal.inputs is damaged", e);
    }
    return inputs;
  }
}
