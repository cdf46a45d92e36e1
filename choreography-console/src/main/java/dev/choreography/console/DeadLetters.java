// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Refusal;
import dev.choreography.kafka.Topics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;

/** What the participants of the declared choreographies have put aside. */
record DeadLetters(List<PutAside> all) {

  static DeadLetters read(Cluster cluster) throws InterruptedException {
    Map<String, String> participants = new LinkedHashMap<>();
    for (Declaration declaration : cluster.declarations()) {
      declaration
          .participants()
          .forEach(participant -> participants.put(Topics.deadLetters(participant), participant));
    }
    List<TopicPartition> partitions =
        cluster.partitions(participants.keySet()).entrySet().stream()
            .flatMap(
                topic ->
                    IntStream.range(0, topic.getValue())
                        .mapToObj(partition -> new TopicPartition(topic.getKey(), partition)))
            .toList();
    List<PutAside> found = new ArrayList<>();
    try (PartitionReader reader = new PartitionReader(cluster, partitions)) {
      reader.toEnd(
          record -> {
            String participant = participants.get(record.topic());
            if (participant != null) {
              found.add(new PutAside(participant, record, null));
            }
          });
    }
    return of(found);
  }

  /** What lies on dead-letter topics: letters, and marks that tell which of them were replayed. */
  static DeadLetters of(Collection<PutAside> found) {
    Map<PutAside.Original, PutAside.Replay> replayed = new HashMap<>();
    for (PutAside each : found) {
      PutAside.Replay mark = each.mark();
      if (mark != null) {
        replayed.put(each.identity(), mark);
      }
    }
    return new DeadLetters(
        found.stream()
            .filter(each -> each.mark() == null)
            .map(each -> each.replayed(replayed.get(each.identity())))
            .sorted(
                Comparator.comparing(PutAside::participant)
                    .thenComparing(each -> each.record().partition())
                    .thenComparing(each -> each.record().offset()))
            .toList());
  }

  /** Those that were not replayed. */
  List<PutAside> open() {
    return all.stream().filter(each -> each.replay() == null).toList();
  }

  /**
   * The one that is meant.
   *
   * @param name as it is listed, or its number alone where that says enough
   * @throws Refusal if it is none, or could be several
   */
  PutAside named(String name) {
    List<PutAside> meant =
        all.stream()
            .filter(
                each ->
                    each.name().equals(name)
                        || (each.name().endsWith("@" + name) && !name.contains("@")))
            .toList();
    if (meant.isEmpty()) {
      throw new Refusal(
          "there is no dead letter %s: `./saga dead-letters` lists those there are"
              .formatted(name));
    }
    if (meant.size() > 1) {
      throw new Refusal(
          "%s could be %s: say which"
              .formatted(
                  name, meant.stream().map(PutAside::name).collect(Collectors.joining(" or "))));
    }
    return meant.get(0);
  }

  /** Those that are meant; one that several participants put aside is taken once. */
  List<PutAside> named(Collection<String> names) {
    Map<PutAside.Original, PutAside> originals = new LinkedHashMap<>();
    for (String name : names) {
      PutAside letter = named(name);
      originals.putIfAbsent(letter.identity(), letter);
    }
    return List.copyOf(originals.values());
  }
}
