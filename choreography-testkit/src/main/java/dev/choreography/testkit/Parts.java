// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.engine.Incoming;
import dev.choreography.engine.Journal;
import dev.choreography.engine.Relay;
import dev.choreography.engine.Retention;

/** What a participant is made of; tests of the simulation replace some of it by broken ones. */
class Parts {

  /** What stands between the runtime and a database. */
  Journal journal(Journal sound, Relay relay) {
    return sound;
  }

  /** How long after its deadline an event that finds no row is taken for one that came too late. */
  Retention forgets(Retention sound) {
    return sound;
  }

  /** What one life of an instance knows of the numbers of partitions. */
  Counts counts() {
    return new Counts();
  }

  /**
   * Where a partition that was assigned is read from.
   *
   * @param stored what the database says
   * @param committed what the consumer group says
   */
  int position(long stored, int committed) {
    return (int) stored;
  }

  /** What the runtime sees of a record. */
  Incoming seen(Incoming record) {
    return record;
  }

  /** Whether an instance looks for a database that was set back while nothing comes. */
  boolean looksForPositions() {
    return true;
  }

  /** The end of a turn: records are handled, and then count as read. */
  void read(Runnable handle, Runnable commitOffsets) {
    handle.run();
    commitOffsets.run();
  }
}
