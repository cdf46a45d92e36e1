// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class WireTest {

  @Test
  void headers_of_whatever_characters_are_json_and_are_read_as_they_were() throws IOException {
    ObjectMapper jackson = new ObjectMapper();
    Random random = new Random(1);
    for (int i = 0; i < 10_000; i++) {
      Map<String, String> headers = new LinkedHashMap<>();
      for (int left = random.nextInt(4); left > 0; left--) {
        headers.put(text(random), text(random));
      }

      String json = Wire.headers(headers);

      assertThat(jackson.readTree(json)).isEqualTo(jackson.<JsonNode>valueToTree(headers));
      assertThat(Wire.headers(json)).isEqualTo(headers);
    }
  }

  /** Many of the characters that need quoting, and some that are two. */
  private static String text(Random random) {
    String characters = "ab\"\\/\0\t\n\u001f\u007f\u2028é€😀";
    int[] points = characters.codePoints().toArray();
    return random
        .ints(random.nextInt(8), 0, points.length)
        .map(i -> points[i])
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
