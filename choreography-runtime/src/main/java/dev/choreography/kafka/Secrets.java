// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.types.Password;

/** The passwords, tokens and keys among settings, which no message may contain. */
record Secrets(List<String> values) {

  static final String HIDDEN = "[hidden]";

  /** Names of settings that hold a secret contain one of these. */
  private static final List<String> NAMES =
      List.of("password", "secret", "token", "user.info", "jaas", "ssl.keystore.key", "ssl.key");

  /** The endings of names that contain one of these and hold no secret. */
  private static final Pattern PLACES =
      Pattern.compile(".*(\\.location|\\.type|\\.source|\\.url|\\.name)");

  /** The credentials in an address. */
  private static final Pattern IN_ADDRESS = Pattern.compile("(https?://)[^/\\s@]+@");

  /** The password in a JAAS setting of Kafka's. */
  private static final Pattern IN_JAAS = Pattern.compile("password\\s*=\\s*[\"']([^\"']+)[\"']");

  /** The shortest that is hidden, in characters: a shorter one occurs in other words. */
  private static final int SHORTEST = 4;

  static Secrets of(Map<String, ?> settings) {
    List<String> values = new ArrayList<>();
    settings.forEach(
        (name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (NAMES.stream().anyMatch(lower::contains) && !PLACES.matcher(lower).matches()) {
            String text =
                value instanceof Password password ? password.value() : String.valueOf(value);
            values.add(text);
            if (lower.contains("user.info")) {
              values.add(text.substring(text.indexOf(':') + 1));
            }
            Matcher jaas = IN_JAAS.matcher(text);
            while (jaas.find()) {
              values.add(jaas.group(1));
            }
          }
        });
    return new Secrets(
        values.stream()
            .filter(value -> value.length() >= SHORTEST)
            .sorted(Comparator.comparingInt(String::length).reversed())
            .toList());
  }

  /** A text without them. */
  String hidden(String text) {
    String safe = IN_ADDRESS.matcher(text).replaceAll("$1" + HIDDEN + "@");
    for (String value : values) {
      safe = safe.replace(value, HIDDEN);
    }
    return safe;
  }

  @Override
  public String toString() {
    return values.size() + " secrets";
  }
}
