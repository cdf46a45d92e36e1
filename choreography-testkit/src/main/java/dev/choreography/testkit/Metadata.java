// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

/** The numbers of partitions as a Kafka client knows them: as of when it last asked for them. */
final class Metadata {

  /** The longest time between two requests; Kafka's own default is five minutes. */
  static final long LONGEST_AGE_MS = 60_000;

  private final VirtualClock clock;
  private final long ageMs;
  private long asked;

  /**
   * The metadata of one client.
   *
   * @param chance from 0 to 1, tells how often it asks
   */
  Metadata(VirtualClock clock, double chance) {
    this.clock = clock;
    this.ageMs = age(chance);
    this.asked = clock.millis();
  }

  /** Returns how long a client may not know of something. */
  static long age(double chance) {
    return (long) (chance * chance * LONGEST_AGE_MS);
  }

  /** Returns how many partitions a topic has, as far as the client knows. */
  int count(Bus.Topic topic) {
    if (!topic.hasGrown()) {
      return Bus.PARTITIONS;
    }
    if (clock.millis() - asked >= ageMs) {
      asked = clock.millis();
    }
    return topic.countAt(asked);
  }
}
