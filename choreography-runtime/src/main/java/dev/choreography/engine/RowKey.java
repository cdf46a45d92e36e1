// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

/**
 * What identifies a journal row.
 *
 * @param choreography the choreography's name
 * @param sagaId the saga
 * @param step the step's name
 */
public record RowKey(String choreography, String sagaId, String step)
    implements Comparable<RowKey> {

  @Override
  public int compareTo(RowKey other) {
    int order = compare(choreography, other.choreography);
    order = order != 0 ? order : compare(sagaId, other.sagaId);
    return order != 0 ? order : compare(step, other.step);
  }

  /** Most have the choreography and the step in common, the very same text. */
  private static int compare(String one, String other) {
    return one.equals(other) ? 0 : one.compareTo(other);
  }
}
