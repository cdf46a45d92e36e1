// SPDX-License-Identifier: Apache-2.0
package dev.choreography.positions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.local.LocalEnvironment;
import dev.choreography.participant.Participant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The database says where a participant reads on, whatever the group's offsets say. */
@SuppressWarnings("try") // a participant runs for as long as its block
class PositionsTest {

  private static LocalEnvironment environment;

  @BeforeAll
  static void open() {
    environment = LocalEnvironment.start();
  }

  @AfterAll
  static void close() {
    environment.close();
  }

  @Test
  void what_a_restored_database_lacks_is_read_again() throws Exception {
    try (Keeper keeper = new Keeper(environment, "restored")) {
      List<String> before = Keeper.sagas("before-", 5);
      List<String> after = Keeper.sagas("after-", 10);
      try (Participant participant = keeper.start()) {
        keeper.send(false, before);
        keeper.awaitEnd(before);
      }
      keeper.copyDatabase("restored_backup");
      try (Participant participant = keeper.start()) {
        keeper.send(false, after);
        keeper.awaitEnd(after);
      }
      keeper.useDatabase("restored_backup");
      assertThat(keeper.query("SELECT saga_id FROM runs")).hasSize(15);
      try (Participant participant = keeper.start()) {
        keeper.awaitEnd(before);
        keeper.awaitEnd(after);
        awaitPositions(keeper);
        assertThat(participant.health().warnings()).isEmpty();
      }
    }
  }

  @Test
  void a_database_that_is_set_back_under_a_running_participant_catches_up() throws Exception {
    try (Keeper keeper = new Keeper(environment, "failover")) {
      List<String> before = Keeper.sagas("before-", 5);
      List<String> lost = Keeper.sagas("lost-", 10);
      try (Participant participant = keeper.start()) {
        keeper.send(true, before);
        keeper.awaitEnd(before);
        awaitPositions(keeper);
        for (String table : List.of("runs", "choreography_journal", "choreography_position")) {
          keeper.execute("CREATE TABLE saved_%1$s AS SELECT * FROM %1$s".formatted(table));
        }
        keeper.send(true, lost);
        keeper.awaitEnd(lost);
        awaitPositions(keeper);
        StringBuilder restore = new StringBuilder("BEGIN; ");
        for (String table : List.of("runs", "choreography_journal", "choreography_position")) {
          restore.append(
              "DELETE FROM %1$s; INSERT INTO %1$s SELECT * FROM saved_%1$s; ".formatted(table));
        }
        keeper.execute(restore + "COMMIT");
        keeper.awaitEnd(lost);
        List<String> next = Keeper.sagas("next-", 5);
        keeper.execute(restore + "COMMIT");
        keeper.send(true, next);
        keeper.awaitEnd(next);
        keeper.awaitEnd(lost);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"deleted", "to_the_beginning", "to_the_end"})
  void the_group_s_offsets_decide_nothing(String change) throws Exception {
    String name = "reset_" + change;
    try (Keeper keeper = new Keeper(environment, name)) {
      List<String> before = Keeper.sagas("before-", 5);
      List<String> meanwhile = Keeper.sagas("meanwhile-", 10);
      try (Participant participant = keeper.start()) {
        keeper.send(true, before);
        keeper.awaitEnd(before);
      }
      keeper.send(true, meanwhile);
      if (change.equals("deleted")) {
        keeper.admin().deleteConsumerGroups(List.of(name)).all().get();
      } else {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        ends(keeper)
            .forEach(
                (partition, end) ->
                    offsets.put(
                        partition, new OffsetAndMetadata(change.equals("to_the_end") ? end : 0)));
        keeper.admin().alterConsumerGroupOffsets(name, offsets).all().get();
      }
      try (Participant participant = keeper.start()) {
        keeper.awaitEnd(meanwhile);
        keeper.awaitEnd(before);
      }
    }
  }

  @Test
  void a_partition_whose_unread_records_are_gone_is_not_read_until_that_is_accepted()
      throws Exception {
    try (Keeper keeper = new Keeper(environment, "removed")) {
      List<String> before = Keeper.sagas("before-", 5);
      try (Participant participant = keeper.start()) {
        keeper.send(true, before);
        keeper.awaitEnd(before);
        awaitPositions(keeper);
      }
      keeper.send(true, Keeper.sagas("gone-", 12));
      Map<TopicPartition, RecordsToDelete> removed = new HashMap<>();
      ends(keeper)
          .forEach(
              (partition, end) -> {
                if (partition.topic().equals("started")) {
                  removed.put(partition, RecordsToDelete.beforeOffset(end));
                }
              });
      keeper.admin().deleteRecords(removed).all().get();
      List<String> after = Keeper.sagas("after-", 12);
      keeper.send(true, after);
      try (Participant participant = keeper.start()) {
        Awaitility.await("all three partitions are missed")
            .atMost(Keeper.AT_MOST)
            .until(() -> statements(participant).size() == Keeper.PARTITIONS);
        assertThat(participant.health().up()).isFalse();
        assertThat(participant.health().trouble())
            .contains("records ", " of started-0 were removed");
        assertThat(keeper.query("SELECT saga_id FROM runs WHERE saga_id LIKE 'after%'")).isEmpty();
        for (String statement : statements(participant)) {
          keeper.execute(statement);
        }
        keeper.awaitEnd(after);
        Awaitility.await("it is up").atMost(Keeper.AT_MOST).until(() -> participant.health().up());
      }
    }
  }

  private static List<String> statements(Participant participant) {
    return Pattern.compile("execute (DELETE [^;]*)")
        .matcher(participant.health().trouble())
        .results()
        .map((MatchResult match) -> match.group(1))
        .toList();
  }

  @Test
  void a_topic_that_was_made_again_is_read_from_its_start_and_that_is_told() throws Exception {
    try (Keeper keeper = new Keeper(environment, "remade")) {
      List<String> before = Keeper.sagas("before-", 12);
      try (Participant participant = keeper.start()) {
        keeper.send(true, before);
        keeper.awaitEnd(before);
        awaitPositions(keeper);
      }
      keeper.deleteTopics();
      keeper.createTopics();
      List<String> after = Keeper.sagas("after-", 36);
      keeper.send(true, after);
      try (Participant participant = keeper.start()) {
        keeper.awaitEnd(after);
        assertThat(participant.health().warnings())
            .anySatisfy(
                warning -> assertThat(warning).contains("the topic was deleted and created again"));
      }
    }
  }

  @Test
  void a_topic_that_was_made_again_while_it_was_read_is_read_from_its_start() throws Exception {
    try (Keeper keeper = new Keeper(environment, "remade_running")) {
      List<String> before = Keeper.sagas("before-", 12);
      try (Participant participant = keeper.start()) {
        keeper.send(true, before);
        keeper.awaitEnd(before);
        keeper.deleteTopics();
        keeper.createTopics();
        List<String> after = Keeper.sagas("after-", 36);
        keeper.send(true, after);
        keeper.awaitEnd(after);
      }
    }
  }

  @Test
  void a_topic_that_lost_its_end_is_read_from_its_start_and_that_is_told() throws Exception {
    try (Keeper keeper = new Keeper(environment, "cut")) {
      List<String> before = Keeper.sagas("before-", 5);
      try (Participant participant = keeper.start()) {
        keeper.send(true, before);
        keeper.awaitEnd(before);
        awaitPositions(keeper);
      }
      // To the participant a topic that is shorter than its position.
      keeper.execute("UPDATE choreography_position SET next_offset = next_offset + 1000");
      List<String> after = Keeper.sagas("after-", 5);
      keeper.send(true, after);
      try (Participant participant = keeper.start()) {
        keeper.awaitEnd(after);
        awaitPositions(keeper);
        assertThat(participant.health().warnings())
            .anySatisfy(warning -> assertThat(warning).contains("the topic lost its end"));
      }
    }
  }

  /** Waits until every stored position is the end of its partition, dead letters included. */
  private static void awaitPositions(Keeper keeper) {
    Awaitility.await("the positions are the ends of the partitions")
        .atMost(Keeper.AT_MOST)
        .until(
            () -> {
              Map<String, Long> stored = new HashMap<>();
              for (String row :
                  keeper.query(
                      "SELECT topic || '-' || partition || ' ' || next_offset FROM choreography_position")) {
                String[] parts = row.split(" ", -1);
                stored.put(parts[0], Long.parseLong(parts[1]));
              }
              Map<TopicPartition, Long> ends = ends(keeper);
              return ends.entrySet().stream()
                  .allMatch(
                      end ->
                          end.getValue().equals(stored.getOrDefault(end.getKey().toString(), 0L)));
            });
  }

  /** The ends of all partitions that the participant hears. */
  private static Map<TopicPartition, Long> ends(Keeper keeper) throws Exception {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (String topic : keeper.choreography().topics()) {
      for (int partition = 0; partition < Keeper.PARTITIONS; partition++) {
        asked.put(new TopicPartition(topic, partition), OffsetSpec.latest());
      }
    }
    Map<TopicPartition, Long> ends = new HashMap<>();
    for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end :
        keeper.admin().listOffsets(asked).all().get().entrySet()) {
      ends.put(end.getKey(), end.getValue().offset());
    }
    return ends;
  }
}
