// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import java.util.List;

/** How a transaction ends that was struck by a fault. */
enum Ending {
  /** As it should. */
  WELL(""),
  /** The process dies before the commit. */
  CRASH_BEFORE_COMMIT("crash before commit"),
  /** The process dies when some of what committed is published, or nothing. */
  CRASH_BEFORE_PUBLISH("crash after commit, before all is published"),
  /** The process dies before the offsets are committed. */
  CRASH_BEFORE_OFFSETS("crash after publish, before the offsets are committed"),
  /** The database chose it as a victim. */
  DEADLOCK("deadlock"),
  /** It commits, and nobody is told. */
  LOST_REPLY("the reply to commit is lost");

  private static final List<Ending> CRASHES =
      List.of(CRASH_BEFORE_COMMIT, CRASH_BEFORE_PUBLISH, CRASH_BEFORE_OFFSETS);

  private final String text;

  Ending(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }

  /** Of a fault that strikes a participant. */
  static Ending ofCrash(double which) {
    return CRASHES.get((int) (which * CRASHES.size()));
  }

  /** Of a fault that strikes a database. */
  static Ending ofTrouble(double which) {
    return which < 0.5 ? DEADLOCK : LOST_REPLY;
  }
}
