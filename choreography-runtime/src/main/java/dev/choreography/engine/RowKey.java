// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import java.util.Comparator;

/**
 * What identifies a journal row.
 *
 * @param choreography the choreography's name
 * @param sagaId the saga
 * @param step the step's name
 */
public record RowKey(String choreography, String sagaId, String step)
    implements Comparable<RowKey> {

  private static final Comparator<RowKey> ORDER =
      Comparator.comparing(RowKey::choreography)
          .thenComparing(RowKey::sagaId)
          .thenComparing(RowKey::step);

  @Override
  public int compareTo(RowKey other) {
    return ORDER.compare(this, other);
  }
}
