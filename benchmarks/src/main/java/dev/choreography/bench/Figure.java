// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing measured, on the sides that it was measured on.
 *
 * @param name for programs
 * @param unit of the values
 * @param sides by name: {@code ours}, {@code limit}, {@code usual}; not all need be there
 */
record Figure(String name, String unit, Map<String, Samples> sides) {

  static final String OURS = "ours";
  static final String LIMIT = "limit";
  static final String USUAL = "usual";

  private static final ObjectMapper JSON = new ObjectMapper();

  Figure {
    sides = Map.copyOf(sides);
    if (sides.isEmpty()) {
      throw new IllegalArgumentException("figure %s has no side".formatted(name));
    }
  }

  /** The median of a side, or null. */
  @Nullable Double median(String side) {
    Samples samples = sides.get(side);
    return samples == null ? null : samples.median();
  }

  /** Ours divided by another side's, or null. */
  @Nullable Double oursOver(String side) {
    Double ours = median(OURS);
    Double other = median(side);
    return ours == null || other == null || other == 0 ? null : ours / other;
  }

  private int repeats() {
    return sides.values().stream().mapToInt(samples -> samples.values().size()).min().orElse(0);
  }

  /** Medians and ratios. */
  ObjectNode summary() {
    ObjectNode json = JSON.createObjectNode();
    json.put("name", name);
    json.put("unit", unit);
    json.put(OURS, rounded(median(OURS)));
    json.put(LIMIT, rounded(median(LIMIT)));
    json.put(USUAL, rounded(median(USUAL)));
    json.put("ours_over_limit", rounded(oursOver(LIMIT)));
    json.put("ours_over_usual", rounded(oursOver(USUAL)));
    json.put("repeats", repeats());
    return json;
  }

  /** The summary, and every value that it comes from. */
  ObjectNode raw() {
    ObjectNode json = summary();
    ObjectNode values = json.putObject("values");
    for (String side : new String[] {OURS, LIMIT, USUAL}) {
      Samples samples = sides.get(side);
      if (samples != null) {
        ArrayNode array = values.putArray(side);
        samples.values().forEach(value -> array.add(rounded(value)));
      }
    }
    return json;
  }

  /** Four digits that count: more would promise more than was measured. */
  static @Nullable Double rounded(@Nullable Double value) {
    if (value == null || value == 0 || !Double.isFinite(value)) {
      return value;
    }
    return new BigDecimal(value).round(new MathContext(4)).doubleValue();
  }
}
