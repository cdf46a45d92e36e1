// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import dev.choreography.local.Database;
import java.sql.SQLException;
import java.util.Locale;
import org.apache.kafka.clients.admin.OffsetSpec;

/** What is laid out for a side before it begins. */
final class Turn {

  private Turn() {}

  /**
   * A new database with the trivial business' table, the group where it is to begin, and nothing
   * left to write out of what others did.
   */
  static Database prepare(Stage stage, Side side, String what, OffsetSpec begin)
      throws InterruptedException, SQLException {
    String name = what + "_" + side.name().replaceAll("[^a-z0-9]+", "_").toLowerCase(Locale.ROOT);
    Database database = stage.database(name);
    Stage.execute(database, Tally.table());
    stage.place(side.group(), side.topics(), begin);
    stage.settle();
    return database;
  }
}
