// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

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
 */
public record Position(String topic, String topicId, int partition, long next)
    implements Comparable<Position> {

  @Override
  public int compareTo(Position other) {
    int byTopic = topic.compareTo(other.topic);
    return byTopic == 0 ? Integer.compare(partition, other.partition) : byTopic;
  }
}
