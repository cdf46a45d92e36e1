// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import org.apache.kafka.common.utils.Bytes;

/**
 * The keys of the store {@code index}. The value of each is the saga's own key. Lists are in the
 * order of their start, the last first.
 */
final class Index {

  private static final String ALL = "all";
  private static final String CHOREOGRAPHY = "choreography";
  private static final String STATUS = "status";
  private static final String STATUS_OF = "status of";
  private static final String STEP = "step";
  private static final String ID = "id";
  private static final String DUE = "due";
  private static final String LEAVING = "leaving";
  private static final String FORGETTING = "forgetting";

  private Index() {}

  /** The list of all. */
  static Bytes all() {
    return new KeyBytes().text(ALL).bytes();
  }

  /** The list of a choreography's. */
  static Bytes of(String choreography) {
    return new KeyBytes().text(CHOREOGRAPHY).text(choreography).bytes();
  }

  /** The list of those in a status. */
  static Bytes in(String status) {
    return new KeyBytes().text(STATUS).text(status).bytes();
  }

  /** The list of those in a status, of a choreography. */
  static Bytes in(String status, String choreography) {
    return new KeyBytes().text(STATUS_OF).text(status).text(choreography).bytes();
  }

  /** The list of those that wait for a step of this name, or in which it is parked. */
  static Bytes at(String step) {
    return new KeyBytes().text(STEP).text(step).bytes();
  }

  /** The list of those whose id begins so, in the order of their ids. */
  static Bytes beginning(String id) {
    return new KeyBytes().text(ID).beginning(id).bytes();
  }

  /** Every id. */
  static Bytes ids() {
    return new KeyBytes().text(ID).bytes();
  }

  /** A saga's place in a list. */
  static Bytes listed(Bytes list, Tracked saga) {
    return new KeyBytes()
        .raw(list.get())
        .descending(Math.max(0, saga.started()))
        .raw(saga.key().bytes().get())
        .bytes();
  }

  static Bytes named(Tracked saga) {
    return new KeyBytes().text(ID).text(saga.saga()).text(saga.choreography()).bytes();
  }

  static Bytes due(Tracked saga) {
    return at(DUE, saga.stuckAt(), saga);
  }

  static Bytes leaving(Tracked saga) {
    return at(LEAVING, saga.ended(), saga);
  }

  static Bytes forgetting(Tracked saga) {
    return at(FORGETTING, saga.ended(), saga);
  }

  private static Bytes at(String what, long time, Tracked saga) {
    return new KeyBytes()
        .text(what)
        .number(Math.max(0, time))
        .raw(saga.key().bytes().get())
        .bytes();
  }

  /** Those that are due at some time, the earliest first. */
  static Bytes due() {
    return new KeyBytes().text(DUE).bytes();
  }

  /** Where those end that are due before a time. */
  static Bytes dueBefore(long time) {
    return new KeyBytes().text(DUE).number(Math.max(0, time)).bytes();
  }

  static Bytes leaving() {
    return new KeyBytes().text(LEAVING).bytes();
  }

  static Bytes endedBefore(long time) {
    return new KeyBytes().text(LEAVING).number(Math.max(0, time)).bytes();
  }

  static Bytes forgetting() {
    return new KeyBytes().text(FORGETTING).bytes();
  }

  static Bytes goneBefore(long time) {
    return new KeyBytes().text(FORGETTING).number(Math.max(0, time)).bytes();
  }
}
