// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.local.Database;
import dev.choreography.protocol.State;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;

/** What a participant's journal says about sagas. */
final class Journal {

  private static final String STATES =
      "SELECT saga_id, step, state FROM choreography_journal WHERE choreography = ?";

  private Journal() {}

  /**
   * A row's key within one choreography.
   *
   * @param saga its id
   * @param step its name
   */
  record Row(String saga, String step) {}

  /** The state of every row. */
  static Map<Row, State> states(Database database, String choreography) throws SQLException {
    Map<Row, State> states = new HashMap<>();
    try (Connection connection =
            DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password());
        PreparedStatement statement = connection.prepareStatement(STATES)) {
      statement.setString(1, choreography);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          states.put(
              new Row(row.getString("saga_id"), row.getString("step")),
              State.valueOf(row.getString("state")));
        }
      }
    }
    return states;
  }

  /** Whether a journal's state is what the events on the topics lead to. */
  static boolean agrees(State journal, State topics) {
    return switch (topics) {
      case NONE -> journal == State.NONE || journal == State.WAITING;
      case COMPLETED -> journal == State.COMPLETED || journal == State.CONFIRMED;
      default -> journal == topics;
    };
  }
}
