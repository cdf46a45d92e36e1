// SPDX-License-Identifier: Apache-2.0
package dev.choreography.chassis;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The value of every {@link Setting}; each has the form that its setting asks for. */
final class Settings {

  private final Map<Setting, String> values = new EnumMap<>(Setting.class);

  private Settings() {}

  /**
   * Reads them. A variable that is set to nothing counts as not set.
   *
   * @throws InvalidSettingsException listing every problem
   */
  static Settings from(Map<String, String> environment) throws InvalidSettingsException {
    Settings settings = new Settings();
    List<String> problems = new ArrayList<>();
    for (Setting setting : Setting.values()) {
      String value = environment.getOrDefault(setting.name(), "").strip();
      if (!value.isEmpty()) {
        setting.problem(value).ifPresent(problems::add);
      } else if (setting.isRequired()) {
        problems.add("%s is not set, and is required".formatted(setting));
      } else {
        value = setting.ifUnset();
      }
      settings.values.put(setting, value);
    }
    if (!problems.isEmpty()) {
      throw new InvalidSettingsException(problems);
    }
    return settings;
  }

  String text(Setting setting) {
    return values.getOrDefault(setting, setting.ifUnset());
  }

  int count(Setting setting) {
    return Integer.parseInt(text(setting));
  }

  long number(Setting setting) {
    return Long.parseLong(text(setting));
  }

  double rate(Setting setting) {
    return Double.parseDouble(text(setting));
  }

  /** Settings that cannot be used. */
  static final class InvalidSettingsException extends Exception {
    private static final long serialVersionUID = 1L;

    private final List<String> problems;

    InvalidSettingsException(List<String> problems) {
      super(String.join("; ", problems));
      this.problems = List.copyOf(problems);
    }

    /** One sentence for each problem. */
    List<String> problems() {
      return problems;
    }
  }
}
