// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values as they come in, by figure and side. */
final class Table {

  private final Map<String, String> units = new LinkedHashMap<>();
  private final Map<String, Map<String, List<Double>>> values = new LinkedHashMap<>();

  /** One more value. */
  void add(String figure, String unit, String side, double value) {
    units.put(figure, unit);
    values
        .computeIfAbsent(figure, name -> new LinkedHashMap<>())
        .computeIfAbsent(side, name -> new ArrayList<>())
        .add(value);
  }

  /** All of them, in the order in which they first came. */
  List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    values.forEach(
        (name, sides) -> {
          Map<String, Samples> samples = new LinkedHashMap<>();
          sides.forEach((side, list) -> samples.put(side, new Samples(list)));
          figures.add(new Figure(name, String.valueOf(units.get(name)), samples));
        });
    return figures;
  }
}
