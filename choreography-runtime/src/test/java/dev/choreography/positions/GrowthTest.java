// SPDX-License-Identifier: Apache-2.0
package dev.choreography.positions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.local.LocalEnvironment;
import dev.choreography.participant.Participant;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Topics that get more partitions while a participant reads them. */
@SuppressWarnings("try") // a participant runs for as long as its block
class GrowthTest {

  private static LocalEnvironment environment;

  @BeforeAll
  static void open() {
    environment = LocalEnvironment.start();
  }

  @AfterAll
  static void close() {
    environment.close();
  }

  /** Has the brokers speak the classic group protocol alone, or the newer one as well. */
  static void setGroupProtocol(Admin admin, boolean newer) throws Exception {
    short level = (short) (newer ? 1 : 0);
    admin
        .updateFeatures(
            Map.of(
                "group.version",
                new FeatureUpdate(level, newer ? UpgradeType.UPGRADE : UpgradeType.SAFE_DOWNGRADE)),
            new UpdateFeaturesOptions())
        .all()
        .get();
  }

  private static void grow(Keeper keeper, List<String> topics) throws Exception {
    keeper
        .admin()
        .createPartitions(
            topics.stream()
                .collect(
                    Collectors.toMap(
                        topic -> topic, topic -> NewPartitions.increaseTo(2 * Keeper.PARTITIONS))))
        .all()
        .get();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void all_topics_grow_together_and_every_saga_ends(boolean newGroupProtocol) throws Exception {
    try (Keeper keeper = new Keeper(environment, "grown_" + newGroupProtocol)) {
      setGroupProtocol(keeper.admin(), newGroupProtocol);
      List<String> before = Keeper.sagas("before-", 12);
      List<String> bare = Keeper.sagas("bare-", 12);
      List<String> after = Keeper.sagas("after-", 12);
      List<String> restarted = Keeper.sagas("restarted-", 12);
      try (Participant participant = keeper.start()) {
        keeper.send(true, before.subList(0, 6));
        keeper.awaitEnd(before.subList(0, 6));
        keeper.send(true, before.subList(6, 12));
        grow(keeper, keeper.choreography().topics());
        keeper.awaitPartitions(2 * Keeper.PARTITIONS);
        keeper.send(false, bare);
        keeper.send(true, after);
        keeper.awaitEnd(before);
        keeper.awaitEnd(bare);
        keeper.awaitEnd(after);
      }
      assertThat(
              keeper.topics().records("started").stream()
                  .filter(record -> record.partition() >= Keeper.PARTITIONS))
          .as("some lie on new partitions")
          .isNotEmpty();
      assertThat(
              keeper.topics().records("started").stream()
                  .filter(
                      record ->
                          new String(record.key(), StandardCharsets.UTF_8).startsWith("after")))
          .as("nothing complete is adopted")
          .hasSize(12);
      try (Participant participant = keeper.start()) {
        keeper.send(true, restarted);
        keeper.awaitEnd(restarted);
        assertThat(participant.health().warnings()).isEmpty();
      }
    }
  }

  @Test
  void a_topic_that_grows_alone_is_told_and_sagas_go_on() throws Exception {
    try (Keeper keeper = new Keeper(environment, "grown_alone")) {
      List<String> before = Keeper.sagas("before-", 6);
      try (Participant participant = keeper.start()) {
        keeper.send(true, before);
        keeper.awaitEnd(before);
        grow(keeper, List.of("started"));
        keeper.awaitPartitions(2 * Keeper.PARTITIONS);
        List<String> after = Keeper.sagas("after-", 24);
        keeper.send(true, after);
        keeper.awaitEnd(after);
        Awaitility.await("it is told")
            .atMost(Keeper.AT_MOST)
            .untilAsserted(
                () ->
                    assertThat(participant.health().warnings())
                        .singleElement()
                        .asString()
                        .contains("different numbers of partitions", "started=6"));
        assertThat(participant.health().up()).isTrue();
      }
    }
  }
}
