// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.Step;
import dev.choreography.kafka.Topics;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The topics of all choreographies of one participant. A topic is named after its event, so two
 * events that are called the same in different namespaces share one, and a participant reads each
 * topic as one thing.
 */
final class TopicUse {

  /** What each topic carries, and for which choreographies. */
  private final Map<String, Map<String, TreeSet<String>>> uses = new TreeMap<>();

  private TopicUse() {}

  /** Tells of each topic that would carry two kinds of things, one sentence each. */
  static void check(
      String participant, Collection<Choreography> choreographies, Consumer<String> problems) {
    TopicUse use = new TopicUse();
    use.add(Topics.CHOREOGRAPHIES, "declarations", "all participants");
    use.add(Topics.deadLetters(participant), "dead letters", participant);
    for (Choreography choreography : choreographies) {
      String of = choreography.toString();
      use.add(choreography.controlTopic(), "control events", of);
      for (EventType event : choreography.events()) {
        use.add(event.topic(), event.type().getName(), of);
      }
      for (Step step : choreography.steps()) {
        use.add(Topics.deadLetters(step.owner()), "dead letters", step.owner());
      }
    }
    use.uses.forEach(
        (topic, kinds) -> {
          if (kinds.size() > 1) {
            problems.accept(
                "topic %s would carry %s: rename an event, or let the choreographies share one class"
                    .formatted(
                        topic,
                        kinds.entrySet().stream()
                            .map(
                                kind -> kind.getKey() + " of " + String.join(", ", kind.getValue()))
                            .collect(Collectors.joining(" and "))));
          }
        });
  }

  private void add(String topic, String kind, String of) {
    uses.computeIfAbsent(topic, name -> new TreeMap<>())
        .computeIfAbsent(kind, name -> new TreeSet<>())
        .add(of);
  }
}
