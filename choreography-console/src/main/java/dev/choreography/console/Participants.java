// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.choreography.console.trace.Declaration;
import dev.choreography.console.trace.Refusal;
import dev.choreography.console.trace.Trace;
import dev.choreography.console.tracker.Counter;
import dev.choreography.console.tracker.Tracker;
import dev.choreography.control.DeclaredStep;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/** Who takes part, and whether they are there: a participant is a consumer group of its name. */
final class Participants {

  private Participants() {}

  static ObjectNode of(Cluster cluster, Tracker tracker) throws InterruptedException {
    Map<String, List<String[]>> steps = new LinkedHashMap<>();
    for (Declaration each : tracker.declarations()) {
      for (DeclaredStep step : each.steps()) {
        List<String[]> own = steps.computeIfAbsent(step.getOwner(), name -> new ArrayList<>());
        if (own.stream().noneMatch(s -> s[0].equals(each.name()) && s[1].equals(step.getName()))) {
          own.add(new String[] {each.name(), step.getName()});
        }
      }
    }
    Map<String, Long> heard = tracker.counts(Counter.HEARD);
    Map<String, Long> owed = owed(tracker.counts(Counter.STEPS));
    Map<String, Integer> members = members(cluster.admin(), steps.keySet());
    ObjectNode all = new ObjectMapper().createObjectNode();
    ArrayNode participants = all.putArray("participants");
    for (Map.Entry<String, List<String[]>> each : steps.entrySet()) {
      String name = each.getKey();
      int there = members.getOrDefault(name, 0);
      Long last = heard.get(Counter.all(Counter.HEARD) + name + '\0');
      ObjectNode participant =
          participants
              .addObject()
              .put("participant", name)
              .put("alive", there > 0)
              .put("members", there)
              .put("lag", lag(cluster.admin(), name))
              .put("last_heard", last == null ? null : SagaLine.time(last));
      long owes = 0;
      ArrayNode own = participant.putArray("steps");
      for (String[] step : each.getValue()) {
        own.addObject().put("choreography", step[0]).put("step", step[1]);
        owes += owed.getOrDefault(step[0] + '\0' + step[1], 0L);
      }
      participant.put("owes", owes);
    }
    return all;
  }

  /** In how many sagas a step is waited for, by its participant or an operator. */
  static Map<String, Long> owed(Map<String, Long> steps) {
    Map<String, Long> owed = new HashMap<>();
    steps.forEach(
        (key, count) -> {
          List<String> parts = Counter.parts(key);
          if (parts.get(4).equals(Trace.WAITING) || parts.get(4).equals(Trace.PARKED)) {
            owed.merge(parts.get(1) + '\0' + parts.get(3), count, Long::sum);
          }
        });
    return owed;
  }

  private static Map<String, Integer> members(Admin admin, Iterable<String> names)
      throws InterruptedException {
    List<String> groups = new ArrayList<>();
    names.forEach(groups::add);
    Map<String, Integer> members = new HashMap<>();
    for (Map.Entry<String, KafkaFuture<ConsumerGroupDescription>> group :
        admin.describeConsumerGroups(groups).describedGroups().entrySet()) {
      try {
        members.put(group.getKey(), group.getValue().get().members().size());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof GroupIdNotFoundException)) {
          throw refusal(group.getKey(), e);
        }
      }
    }
    return members;
  }

  private static long lag(Admin admin, String group) throws InterruptedException {
    try {
      Map<TopicPartition, OffsetAndMetadata> read =
          admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
      Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
      read.keySet().forEach(partition -> asked.put(partition, OffsetSpec.latest()));
      long lag = 0;
      for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end :
          admin.listOffsets(asked).all().get().entrySet()) {
        OffsetAndMetadata position = read.get(end.getKey());
        if (position != null) {
          lag += Math.max(0, end.getValue().offset() - position.offset());
        }
      }
      return lag;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof GroupIdNotFoundException) {
        return 0;
      }
      throw refusal(group, e);
    }
  }

  private static Refusal refusal(String group, ExecutionException e) {
    return new Refusal(
        "Kafka does not say how consumer group %s is: %s".formatted(group, Console.sentence(e)));
  }
}
