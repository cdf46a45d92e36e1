// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Figures for a terminal. */
final class Text {

  private static final String ROW = "%-28s %12s %12s %12s %11s %11s  %s%n";

  private Text() {}

  static String table(List<Figure> figures) {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT, ROW, "", "ours", "limit", "usual", "ours/limit", "ours/usual", "unit"));
    for (Figure figure : figures) {
      text.append(
          String.format(
              Locale.ROOT,
              ROW,
              figure.name(),
              number(figure.median(Figure.OURS)),
              number(figure.median(Figure.LIMIT)),
              number(figure.median(Figure.USUAL)),
              ratio(figure.oursOver(Figure.LIMIT)),
              ratio(figure.oursOver(Figure.USUAL)),
              figure.unit()));
    }
    return text.toString();
  }

  /** With as many digits as mean something. */
  static String number(@Nullable Double value) {
    if (value == null) {
      return "";
    }
    double size = Math.abs(value);
    String form = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.4f";
    return String.format(Locale.ROOT, form, value);
  }

  static String ratio(@Nullable Double value) {
    return value == null ? "" : String.format(Locale.ROOT, "%.2f", value);
  }
}
