// SPDX-License-Identifier: Apache-2.0
package dev.choreography.testkit;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.testkit.Happening.Kind;
import java.util.ArrayList;
import java.util.List;

/** The topics get more partitions while the participants run. */
final class Growth {

  private static final String OPERATOR = "operator";
  private static final int LATEST_MS = 400;

  /** How long a tool may take from one topic to the next. */
  private static final int APART_MS = 100;

  private static final int MOST_MORE = 3;
  private static final double ALL = 0.7;

  private final Round round;
  private final Lot lot;
  private final List<Group> groups;

  private Growth(Round round, Lot lot, List<Group> groups) {
    this.round = round;
    this.lot = lot;
    this.groups = groups;
  }

  /** Plans for all topics to grow one after another, or one alone, if the lot has it. */
  static void plan(Round round, Lot lot, Choreography choreography, List<Group> groups) {
    double which = lot.strike(round.faults().growths());
    if (which < 0) {
      return;
    }
    List<String> topics = new ArrayList<>();
    choreography.events().stream().map(EventType::topic).forEach(topics::add);
    topics.add(choreography.controlTopic());
    new Growth(round, lot, groups)
        .plan(which < ALL ? topics : List.of(topics.get(lot.below(topics.size()))));
  }

  private void plan(List<String> topics) {
    int count = Bus.PARTITIONS + 1 + lot.below(MOST_MORE);
    long at = lot.below(LATEST_MS);
    int first = lot.below(topics.size());
    for (int i = 0; i < topics.size(); i++) {
      String topic = topics.get((first + i) % topics.size());
      round.later(at, () -> grow(topic, count));
      at += lot.below(APART_MS);
    }
  }

  private void grow(String topic, int count) {
    round.bus().topic(topic).grow(count, round.clock().millis());
    for (Saga saga : round.sagas()) {
      saga.happened(
          round.clock().instant(),
          OPERATOR,
          Kind.ASKED,
          "%s partitions of %s".formatted(count, topic),
          null);
    }
    for (Group group : groups) {
      if (group.instances().get(0).topics().contains(topic)) {
        round.later(Metadata.age(lot.draw()), group::discover);
      }
    }
  }
}
