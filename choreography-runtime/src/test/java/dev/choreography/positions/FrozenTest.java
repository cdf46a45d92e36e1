// SPDX-License-Identifier: Apache-2.0
package dev.choreography.positions;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.choreography.StepOptions;
import dev.choreography.avro.AvroDeserializer;
import dev.choreography.local.LocalEnvironment;
import dev.choreography.participant.Participant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Instances that stand still, take long, or cannot go on. */
class FrozenTest {

  private static LocalEnvironment environment;

  @BeforeAll
  static void open() {
    environment = LocalEnvironment.start();
  }

  @AfterAll
  static void close() {
    environment.close();
  }

  /** An instance in a process of its own, until that is killed. */
  static final class Instance {
    private Instance() {}

    /**
     * Takes the participant's name, its database, Kafka, the registry, the deserializer, and the
     * protocol.
     */
    public static void main(String[] args) {
      Properties kafka = new Properties();
      kafka.setProperty("bootstrap.servers", args[4]);
      kafka.setProperty("schema.registry.url", args[5]);
      if (!args[7].equals("true")) {
        kafka.setProperty("group.protocol", "classic");
        kafka.setProperty("session.timeout.ms", "6000");
      }
      kafka.setProperty("value.deserializer", args[6]);
      HikariDataSource database = new HikariDataSource();
      database.setJdbcUrl(args[1]);
      database.setUsername(args[2]);
      database.setPassword(args[3]);
      Participant participant =
          Keeper.describe(args[0], database, kafka, StepOptions.defaults(), Duration.ZERO).start();
      System.out.println("started " + participant.health());
    }
  }

  private static Process instance(
      Keeper keeper, String name, boolean newGroupProtocol, Class<?> deserializer, Path said)
      throws Exception {
    return new ProcessBuilder(
            ProcessHandle.current().info().command().orElseThrow(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            Instance.class.getName(),
            name,
            keeper.database().getJdbcUrl(),
            keeper.database().getUsername(),
            keeper.database().getPassword(),
            environment.bootstrapServers(),
            environment.registryUrl(),
            deserializer.getName(),
            String.valueOf(newGroupProtocol))
        .redirectErrorStream(true)
        .redirectOutput(said.toFile())
        .start();
  }

  private static void signal(Process process, String signal) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  private static List<String> members(Keeper keeper, String group) throws Exception {
    return keeper.admin().describeConsumerGroups(List.of(group)).all().get().values().stream()
        .flatMap(found -> found.members().stream())
        .map(MemberDescription::consumerId)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void an_instance_that_the_group_has_forgotten_works_again(
      boolean newGroupProtocol, @TempDir Path folder) throws Exception {
    String name = "frozen_" + newGroupProtocol;
    Path said = folder.resolve("said.txt");
    try (Keeper keeper = new Keeper(environment, name)) {
      GrowthTest.setGroupProtocol(keeper.admin(), newGroupProtocol);
      Process process = instance(keeper, name, newGroupProtocol, AvroDeserializer.class, said);
      try {
        for (int i = 0; i < 3; i++) {
          List<String> sagas = Keeper.sagas("s" + i + "-", 6);
          keeper.send(true, sagas);
          keeper.awaitEnd(sagas);
          signal(process, "STOP");
          Awaitility.await("the group has forgotten it")
              .atMost(Keeper.AT_MOST)
              .until(() -> members(keeper, name).isEmpty());
          signal(process, "CONT");
        }
        List<String> last = Keeper.sagas("last-", 6);
        keeper.send(true, last);
        keeper.awaitEnd(last);
        assertThat(process.isAlive()).as(Files.readString(said)).isTrue();
      } finally {
        process.destroyForcibly().waitFor();
      }
    }
  }

  /** The group is another program's, which divides its partitions in a way of its own. */
  @Test
  void a_consumer_that_its_group_refuses_is_renewed_until_it_is_taken() throws Exception {
    List<Throwable> told = Collections.synchronizedList(new ArrayList<>());
    try (Keeper keeper = new Keeper(environment, "refused")) {
      GrowthTest.setGroupProtocol(keeper.admin(), false);
      Properties other = new Properties();
      other.putAll(keeper.kafka());
      other.setProperty("group.id", "refused");
      other.setProperty("partition.assignment.strategy", RoundRobinAssignor.class.getName());
      KafkaConsumer<byte[], byte[]> stranger =
          new KafkaConsumer<>(other, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      stranger.subscribe(List.of("started"));
      Awaitility.await("the stranger has the group")
          .atMost(Keeper.AT_MOST)
          .until(
              () -> {
                stranger.poll(Duration.ofMillis(100));
                return !stranger.assignment().isEmpty();
              });
      try (Participant participant =
          keeper.described(StepOptions.defaults()).onFatalError(told::add).start()) {
        Awaitility.await("the group refuses the participant")
            .dontCatchUncaughtExceptions()
            .atMost(Keeper.AT_MOST)
            .until(() -> participant.health().trouble().contains("incompatible"));
        stranger.close();
        List<String> sagas = Keeper.sagas("s", 6);
        keeper.send(true, sagas);
        keeper.awaitEnd(sagas);
        Awaitility.await("it is up").atMost(Keeper.AT_MOST).until(() -> participant.health().up());
        assertThat(told).isEmpty();
      }
    }
  }

  /** Ends a worker by an error that nobody expects. */
  public static final class Broken implements Deserializer<@Nullable SpecificRecord> {
    private final AvroDeserializer sound = new AvroDeserializer();

    @Override
    public void configure(Map<String, ?> settings, boolean isKey) {
      sound.configure(settings, isKey);
    }

    @Override
    public @Nullable SpecificRecord deserialize(String topic, byte[] value) {
      if (topic.equals("started")) {
        throw new LinkageError("a class of this build is not there");
      }
      return sound.deserialize(topic, value);
    }

    @Override
    public @Nullable SpecificRecord deserialize(String topic, Headers headers, byte[] value) {
      return deserialize(topic, value);
    }
  }

  @Test
  void a_process_whose_worker_is_dead_exits(@TempDir Path folder) throws Exception {
    Path said = folder.resolve("said.txt");
    try (Keeper keeper = new Keeper(environment, "exits")) {
      keeper.send(true, List.of("s"));
      Process process = instance(keeper, "exits", true, Broken.class, said);
      try {
        assertThat(process.waitFor(Keeper.AT_MOST.toSeconds(), TimeUnit.SECONDS))
            .as(Files.readString(said))
            .isTrue();
        assertThat(process.exitValue()).isEqualTo(70);
        assertThat(Files.readString(said))
            .contains("a class of this build is not there", "the process exits with status 70");
      } finally {
        process.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void within_an_application_a_dead_worker_is_told_to_it_and_by_health() throws Exception {
    List<Throwable> told = Collections.synchronizedList(new ArrayList<>());
    try (Keeper keeper = new Keeper(environment, "embedded")) {
      keeper.kafka().setProperty("value.deserializer", Broken.class.getName());
      keeper.send(true, List.of("s"));
      try (Participant participant =
          keeper.described(StepOptions.defaults()).onFatalError(told::add).start()) {
        Awaitility.await("the worker is dead")
            .dontCatchUncaughtExceptions()
            .atMost(Keeper.AT_MOST)
            .until(() -> !told.isEmpty());
        assertThat(told).singleElement().isInstanceOf(LinkageError.class);
        assertThat(participant.health().up()).isFalse();
        assertThat(participant.health().trouble())
            .contains("a worker ended by an error", "is to be started again");
      }
    }
  }

  @Test
  void a_batch_that_takes_longer_than_a_poll_may_commits_in_parts_and_keeps_its_partitions()
      throws Exception {
    try (Keeper keeper = new Keeper(environment, "slow")) {
      keeper.kafka().setProperty("max.poll.interval.ms", "6000");
      List<String> sagas = Keeper.sagas("s", 60);
      keeper.send(true, sagas);
      StepOptions options = StepOptions.defaults().withTimeLimit(Duration.ofSeconds(2));
      // 60 sagas of three steps, 150 ms each: 27 s, 9 s of them in one batch.
      try (Participant participant =
          Keeper.describe(
                  "slow", keeper.database(), keeper.kafka(), options, Duration.ofMillis(150))
              .start()) {
        Awaitility.await("it is a member")
            .atMost(Keeper.AT_MOST)
            .until(() -> participant.health().up());
        List<String> members = members(keeper, "slow");
        keeper.awaitEnd(sagas);
        assertThat(members(keeper, "slow")).hasSize(1).isEqualTo(members);
        assertThat(participant.health().batches()).isGreaterThan(6);
      }
    }
  }
}
