// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import org.jspecify.annotations.Nullable;

/**
 * The position of a participant in one partition: every record below {@code next} was handled, and
 * all that came of it is in the participant's database or on its dead-letter topic. It is a lower
 * bound: records above it may have been handled as well, and reading them again is safe.
 *
 * @param topic its name
 * @param topicId the cluster's id of the topic, which differs when a topic was deleted and created
 *     again under the same name
 * @param partition its number
 * @param next the offset to read from
 * @param epoch the leader's epoch of the record before that offset, by which a log that lost its
 *     end is recognised; -1 if unknown
 * @param known the offset that this database had when this instance last read or wrote it: one that
 *     has a lower offset now was set back to an older state; 0 if it had none
 */
public record Position(
    String topic, String topicId, int partition, long next, int epoch, long known)
    implements Comparable<Position> {

  /** A position of an unknown epoch, in a database that had none. */
  public Position(String topic, String topicId, int partition, long next) {
    this(topic, topicId, partition, next, -1, 0);
  }

  /** Returns this position as it is read again when it has been written. */
  public Position asStored() {
    return new Position(topic, topicId, partition, next, epoch, next);
  }

  /**
   * Returns whether a database was set back after {@link #known} was read from it or written to it.
   *
   * @param stored the position in the database, null if there is none
   */
  public boolean isLostIn(@Nullable Position stored) {
    return stored == null ? known > 0 : !stored.topicId.equals(topicId) || stored.next < known;
  }

  @Override
  public int compareTo(Position other) {
    int byTopic = topic.compareTo(other.topic);
    return byTopic == 0 ? Integer.compare(partition, other.partition) : byTopic;
  }
}
