// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** The numbers of partitions as a participant knows them in one of its lives. */
class Counts {

  private final Map<String, Integer> counts = new HashMap<>();

  /** Remembers them all, as of now. */
  final Counts read(Collection<String> topics, Bus bus) {
    topics.forEach(topic -> read(bus.topic(topic)));
    return this;
  }

  private void read(Bus.Topic topic) {
    counts.put(topic.name(), topic.partitions().size());
  }

  /** Tells whether a record lies on another partition than its key's. */
  final boolean isMisplaced(Bus.Log log, Bus.Message record) {
    if (!log.whole().hasGrown()) {
      return log.isMisplaced(record, Bus.PARTITIONS);
    }
    if (log.partition() >= counts.getOrDefault(log.topic(), 0)) {
      isOld(log);
    }
    return log.isMisplaced(record, counts.getOrDefault(log.topic(), 0));
  }

  /** A record shows that the count of its topic is old. */
  void isOld(Bus.Log log) {
    read(log.whole());
  }
}
