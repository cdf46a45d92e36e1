// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.GroupProtocol;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A setting that cannot be honoured is refused with a sentence, and never ignored. */
class SettingsCheckTest {

  private static KafkaSettings settings(String... more) {
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", "localhost:1");
    properties.setProperty("schema.registry.url", "http://localhost:1");
    for (int i = 0; i < more.length; i += 2) {
      properties.setProperty(more[i], more[i + 1]);
    }
    return KafkaSettings.of(properties);
  }

  private static List<String> problems(String... more) {
    return SettingsCheck.problems(settings(more), "flight-service");
  }

  @ParameterizedTest
  @CsvSource({
    "acks, 1",
    "acks, 0",
    "enable.idempotence, false",
    "transactional.id, mine",
    "partitioner.class, org.apache.kafka.clients.producer.RoundRobinPartitioner",
    "partitioner.ignore.keys, true",
    "key.serializer, org.apache.kafka.common.serialization.LongSerializer",
    "key.deserializer, org.apache.kafka.common.serialization.LongDeserializer",
    "enable.auto.commit, true",
    "auto.offset.reset, latest",
    "isolation.level, read_uncommitted",
    "allow.auto.create.topics, true",
    "group.id, another",
    "group.remote.assignor, uniform",
    "partition.assignment.strategy, org.apache.kafka.clients.consumer.StickyAssignor",
    "group.protocol, share",
    "session.timeout.ms, 10000",
    "heartbeat.interval.ms, 1000",
    "use.latest.version, true",
    "max.in.flight.requests.per.connection, 6",
    "linger.ms, soon",
    "max.poll.records, 0"
  })
  void what_cannot_be_honoured_is_refused(String name, String value) {
    assertThat(problems(name, value)).singleElement().asString().contains(name);
  }

  @ParameterizedTest
  @CsvSource({
    "acks, all",
    "acks, -1",
    "enable.idempotence, true",
    "partitioner.ignore.keys, false",
    "key.serializer, org.apache.kafka.common.serialization.StringSerializer",
    "key.deserializer, org.apache.kafka.common.serialization.ByteArrayDeserializer",
    "enable.auto.commit, false",
    "auto.offset.reset, earliest",
    "isolation.level, read_committed",
    "allow.auto.create.topics, false",
    "group.id, flight-service",
    "group.remote.assignor, range",
    "partition.assignment.strategy, org.apache.kafka.clients.consumer.RangeAssignor",
    "group.protocol, classic",
    "group.protocol, CONSUMER",
    "group.instance.id, host-1",
    "compression.type, zstd",
    "max.request.size, 2000000",
    "linger.ms, 5"
  })
  void what_is_said_as_it_is_done_is_taken(String name, String value) {
    assertThat(problems(name, value)).isEmpty();
    KafkaSettings settings = settings(name, value);
    for (boolean ofBrokers : new boolean[] {true, false}) {
      boolean newProtocol = settings.newGroupProtocol(ofBrokers);
      assertThat(settings.consumer("flight-service", newProtocol))
          .containsEntry(
              "group.protocol",
              (newProtocol ? GroupProtocol.CONSUMER : GroupProtocol.CLASSIC).name());
    }
  }

  @Test
  void the_classic_protocols_times_count_where_it_is_asked_for() {
    assertThat(
            problems(
                "group.protocol",
                "classic",
                "session.timeout.ms",
                "20000",
                "heartbeat.interval.ms",
                "5000"))
        .isEmpty();
    assertThat(problems("session.timeout.ms", "20000"))
        .singleElement()
        .asString()
        .contains("group.consumer.session.timeout.ms", "group.protocol=classic");
  }

  @Test
  void the_documentation_has_every_setting() throws Exception {
    String page = Files.readString(Path.of("../docs/settings.md"));
    assertThat(SettingsCheck.names())
        .allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
  }

  @Test
  void all_that_is_wrong_is_told_at_once() {
    assertThat(problems("acks", "1", "transactional.id", "x", "use.latest.version", "true"))
        .hasSize(3);
  }

  @Test
  void each_of_several_workers_is_a_static_member_of_its_own() {
    KafkaSettings settings = settings("group.instance.id", "host-1");
    assertThat(settings.ofWorker(0, 1).given()).containsEntry("group.instance.id", "host-1");
    assertThat(settings.ofWorker(0, 2).given()).containsEntry("group.instance.id", "host-1-0");
    assertThat(settings.ofWorker(1, 2).given()).containsEntry("group.instance.id", "host-1-1");
    assertThat(settings().ofWorker(1, 2).given()).doesNotContainKey("group.instance.id");
    assertThat(settings.reader()).doesNotContainKey("group.instance.id");
  }

  @Test
  void no_text_tells_a_secret() {
    KafkaSettings settings =
        settings(
            "sasl.jaas.config",
            "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"ann\" password=\"jaas-pass\";",
            "ssl.truststore.location",
            "/etc/kafka/trust.jks",
            "ssl.truststore.password",
            "trust-pass",
            "basic.auth.user.info",
            "ann:basic-pass");
    String told =
        settings.hidden(
            "at http://bob:url-pass@host:1/x, with jaas-pass, trust-pass, basic-pass and /etc/kafka/trust.jks");
    assertThat(told)
        .isEqualTo(
            "at http://[hidden]@host:1/x, with [hidden], [hidden], [hidden] and /etc/kafka/trust.jks");
    assertThat(settings.toString()).contains("sasl.jaas.config").doesNotContain("pass\"", "-pass");
    assertThat(Secrets.of(Map.of("a.password", "trust-pass")).toString())
        .doesNotContain("trust-pass");
  }
}
