// SPDX-License-Identifier: Apache-2.0
package dev.choreography.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The settings that handlers change until the transaction ends, and the values that they have for
 * everybody else: after each call they are set to these. Where what a call wrote is undone, so are
 * its settings.
 */
final class HandlerSettings {

  private static final String VALUE = "SELECT current_setting(?, true)";

  /** With another role a handler may not set what it set as itself. */
  private static final String FIRST = "role";

  private final Connection connection;
  private final Map<String, @Nullable String> before = new LinkedHashMap<>();
  private final Set<String> changed = new HashSet<>();

  HandlerSettings(Connection connection) {
    this.connection = connection;
  }

  /** A call begins. */
  void begin() {
    changed.clear();
  }

  /** The call that is under way is about to change a setting. */
  void changes(String name) throws SQLException {
    if (!before.containsKey(name)) {
      try (PreparedStatement statement = connection.prepareStatement(VALUE)) {
        statement.setString(1, name);
        try (ResultSet value = statement.executeQuery()) {
          value.next();
          before.put(name, value.getString(1));
        }
      }
    }
    changed.add(name);
  }

  /** Takes back what the call that is under way has changed. */
  void takeBack() throws SQLException {
    if (changed.remove(FIRST)) {
      set(Set.of(FIRST));
    }
    if (!changed.isEmpty()) {
      set(changed);
      changed.clear();
    }
  }

  private void set(Set<String> names) throws SQLException {
    String each = String.join(", ", Collections.nCopies(names.size(), "set_config(?, ?, true)"));
    try (PreparedStatement statement = connection.prepareStatement("SELECT " + each)) {
      int parameter = 0;
      for (String name : names) {
        statement.setString(++parameter, name);
        statement.setString(++parameter, before.get(name));
      }
      statement.executeQuery().close();
    }
  }
}
