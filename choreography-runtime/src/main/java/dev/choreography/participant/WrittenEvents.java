// SPDX-License-Identifier: Apache-2.0
package dev.choreography.participant;

import dev.choreography.Choreography;
import dev.choreography.EventType;
import dev.choreography.Step;
import dev.choreography.control.ChoreographyDeclared;
import dev.choreography.control.ParticipantBound;
import dev.choreography.engine.Inbox;
import dev.choreography.engine.UnwritableEventException;
import dev.choreography.kafka.KafkaCodec;
import dev.choreography.kafka.Topics;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;

/**
 * The events that a participant may write: those of its steps, the commands and the parkings of
 * their choreographies, the starts that it makes or adopts, the declarations, and the binding to
 * its database.
 */
record WrittenEvents(Set<Written> all) {

  /** A type on a topic. */
  record Written(String topic, Class<? extends SpecificRecord> type) {}

  /**
   * Returns those of a participant.
   *
   * @param starting the choreographies that it starts sagas of
   */
  static WrittenEvents of(
      String participant, Collection<Choreography> known, Collection<Choreography> starting) {
    Set<Written> all = new LinkedHashSet<>();
    all.add(new Written(Topics.CHOREOGRAPHIES, ChoreographyDeclared.class));
    for (Choreography choreography : known) {
      if (starting.contains(choreography) || adopts(participant, choreography)) {
        all.add(new Written(choreography.start().topic(), choreography.start().type()));
      }
      for (Step step : choreography.steps()) {
        if (step.owner().equals(participant)) {
          Stream.of(step.completed(), step.failed())
              .forEach(type -> all.add(new Written(type.topic(), type.type())));
          EventType compensated = step.compensated();
          if (compensated != null) {
            all.add(new Written(compensated.topic(), compensated.type()));
          }
          Inbox.CONTROL.forEach(type -> all.add(new Written(choreography.controlTopic(), type)));
          all.add(new Written(Topics.CHOREOGRAPHIES, ParticipantBound.class));
        }
      }
    }
    return new WrittenEvents(all);
  }

  /** The owner of the first root adopts bare starts; steps are ordered so that it is the first. */
  private static boolean adopts(String participant, Choreography choreography) {
    return choreography.steps().get(0).owner().equals(participant);
  }

  /** The topics that they are on, and that for the participant's dead letters if it reads any. */
  Set<String> topics(String participant) {
    Set<String> topics = new TreeSet<>();
    all.forEach(each -> topics.add(each.topic()));
    if (all.stream().anyMatch(each -> Inbox.CONTROL.contains(each.type()))) {
      topics.add(Topics.deadLetters(participant));
    }
    return topics;
  }

  /**
   * Looks up every schema, or registers it, so that no saga is the first to hear that it is
   * refused, and foreign clients find what they may write.
   *
   * @param problems receives a sentence for each that the registry refuses
   */
  void prepare(KafkaCodec codec, Collection<String> problems) {
    all.stream()
        .sorted(Comparator.comparing(Written::topic).thenComparing(each -> each.type().getName()))
        .forEach(
            each -> {
              try {
                codec.prepare(each.topic(), each.type());
              } catch (UnwritableEventException e) {
                problems.add("events cannot be written: " + e.getMessage());
              }
            });
  }
}
