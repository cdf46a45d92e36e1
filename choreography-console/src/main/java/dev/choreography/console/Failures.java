// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The share of the sagas that each step of the trip booking rejects at random, 0 to 1. */
record Failures(double flight, double hotel, double car) {

  static final Failures TEXTBOOK = new Failures(0.1, 0.15, 0.3);

  /**
   * Reads {@code flight=0.1,hotel=0.15,car=0.3}; a step that is not named keeps the textbook's
   * rate.
   *
   * @throws IllegalArgumentException if it is nothing of the kind, or names a step twice
   */
  static Failures parse(String text) {
    Map<String, Double> rates =
        Stream.of(text.split(",", -1))
            .map(part -> part.strip().split("=", -1))
            .collect(Collectors.toMap(Failures::step, Failures::rate));
    return new Failures(
        rates.getOrDefault("flight", TEXTBOOK.flight),
        rates.getOrDefault("hotel", TEXTBOOK.hotel),
        rates.getOrDefault("car", TEXTBOOK.car));
  }

  private static String step(String[] part) {
    if (part.length != 2 || !part[0].matches("flight|hotel|car")) {
      throw new IllegalArgumentException("no such step");
    }
    return part[0];
  }

  private static double rate(String[] part) {
    double rate = part[1].matches("[0-9.]+") ? Double.parseDouble(part[1]) : -1;
    if (!(rate >= 0 && rate <= 1)) {
      throw new IllegalArgumentException("no such rate");
    }
    return rate;
  }

  /** The rate of a step. */
  double of(String step) {
    return switch (step) {
      case "flight" -> flight;
      case "hotel" -> hotel;
      case "car" -> car;
      default -> throw new IllegalArgumentException("the trip booking has no step " + step);
    };
  }
}
