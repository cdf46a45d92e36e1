// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

/** Where in its turn an instance loses its partitions to another one. */
enum Loss {
  /** It does not. */
  NONE(""),
  /** It has read records, and handles them when the other one has done so. */
  BEFORE_TRANSACTION("taken for dead before its transaction"),
  /** The other one handles the same records in the middle of its transaction. */
  IN_TRANSACTION("taken for dead in its transaction"),
  /** It publishes what it committed when the other one has handled the records, too. */
  BEFORE_PUBLISH("taken for dead after commit, before it publishes"),
  /** All is done but for the offsets, which it may no longer commit. */
  BEFORE_OFFSETS("taken for dead after publish, before the offsets are committed"),
  /** All is done, and the partitions are divided anew. */
  AFTER_OFFSETS("partitions are divided anew");

  private final String text;

  Loss(String text) {
    this.text = text;
  }

  String text() {
    return text;
  }

  /** Of a fault that strikes, told by a number from 0 to 1, without 1. */
  static Loss of(double which) {
    return values()[1 + (int) (which * (values().length - 1))];
  }
}
