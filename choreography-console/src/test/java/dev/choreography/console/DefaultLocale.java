// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds statements whose text depends on the default locale: numbers are written with its digits
 * and its decimal point, letters are changed by its rules. {@code %s} writes a whole number as Java
 * does.
 */
final class DefaultLocale {

  private static final Pattern NUMBER =
      Pattern.compile("%[-+ 0,(#\\d$.]*[deEfgG](?![a-zA-Z0-9]*[:=])");
  private static final Pattern CASE = Pattern.compile("\\.to(Lower|Upper)Case\\(\\)");
  private static final Pattern FORMATTER =
      Pattern.compile("new (DecimalFormat|SimpleDateFormat|Scanner)\\(|NumberFormat\\.get");

  private DefaultLocale() {}

  /** Each as file and line. */
  static List<String> uses(Path root) throws IOException {
    List<String> uses = new ArrayList<>();
    try (Stream<Path> files = Files.walk(root, 20)) {
      for (Path file :
          files
              .filter(each -> each.toString().endsWith(".java"))
              .filter(each -> each.toString().contains("/src/main/"))
              .filter(each -> !each.toString().contains("/target/"))
              // A program for people, which sets the locale for itself.
              .filter(each -> !each.toString().contains("/benchmarks/"))
              .sorted()
              .toList()) {
        String source = Files.readString(file, UTF_8);
        for (Pattern pattern : List.of(NUMBER, CASE, FORMATTER)) {
          Matcher found = pattern.matcher(source);
          while (found.find()) {
            if (!statement(source, found.start()).contains("Locale.ROOT")) {
              long line = source.substring(0, found.start()).lines().count();
              uses.add(root.relativize(file) + ":" + line + " " + found.group());
            }
          }
        }
      }
    }
    return uses;
  }

  private static String statement(String source, int at) {
    int begin = Math.max(source.lastIndexOf(";\n", at), source.lastIndexOf("{\n", at));
    int end = source.indexOf(";\n", at);
    return source.substring(Math.max(0, begin), end < 0 ? source.length() : end);
  }
}
