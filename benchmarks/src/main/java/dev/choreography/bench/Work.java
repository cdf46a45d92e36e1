// SPDX-License-Identifier: Apache-2.0
package dev.choreography.bench;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** What a hand-written step hears and emits, and what it does to the business' own tables. */
interface Work {

  /** The step's name. */
  String step();

  /** Whose step it is; also the consumer group. */
  String participant();

  /** The topic of the events that it runs on. */
  String input();

  /** The topic of what it emits. */
  String output();

  /** The topic of the event that confirms it, if it is read. */
  @Nullable String confirmedBy();

  /** Does the business for these requests, and returns what each completes with. */
  List<SpecificRecord> execute(Connection connection, List<SpecificRecord> requests)
      throws SQLException;

  /** Confirms what was only reserved. */
  void confirm(Connection connection, List<SpecificRecord> completed) throws SQLException;
}
