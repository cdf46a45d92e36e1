// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.util.Comparator;

/**
 * The identity of an outbox row. A database that was restored gives numbers anew: a row that this
 * instance remembers may then have the number of another one, so the number counts only in the
 * table that it was given in.
 *
 * @param table tells the table's content from that of another one, or of a time before a restore
 * @param number the row's key
 */
public record OutboxId(long table, long number) implements Comparable<OutboxId> {

  private static final Comparator<OutboxId> ORDER =
      Comparator.comparingLong(OutboxId::table).thenComparingLong(OutboxId::number);

  /** In the order in which the rows of a table were written. */
  @Override
  public int compareTo(OutboxId other) {
    return ORDER.compare(this, other);
  }
}
