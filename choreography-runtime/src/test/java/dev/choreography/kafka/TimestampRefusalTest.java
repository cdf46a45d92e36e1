// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.choreography.local.LocalEnvironment;
import dev.choreography.testbed.RealPrograms;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(RealPrograms.class)
class TimestampRefusalTest {

  private static final String TOPIC = "refuses_the_past";

  @Test
  void an_event_that_the_broker_refuses_for_its_time_is_told_with_both_times(
      LocalEnvironment environment) throws Exception {
    Properties kafka = RealPrograms.kafka(environment);
    try (Admin admin = Admin.create(kafka);
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(kafka, new ByteArraySerializer(), new ByteArraySerializer())) {
      admin
          .createTopics(
              List.of(
                  new NewTopic(TOPIC, 1, (short) 1)
                      .configs(Map.of("message.timestamp.before.max.ms", "60000"))))
          .all()
          .get();
      String told =
          await("the broker refuses")
              .atMost(Duration.ofMinutes(2))
              .until(() -> refusal(producer), text -> text != null);
      assertThat(told)
          .contains("the broker refuses the event's time", "clock said 2020-01-01T00:00:00Z")
          .containsPattern("takes what lies between 20\\d\\d-\\S+Z and 20\\d\\d-\\S+Z by its own");
    }
  }

  /** As from a machine whose clock is years behind. */
  private static @Nullable String refusal(KafkaProducer<byte[], byte[]> producer)
      throws InterruptedException {
    try {
      producer.send(new ProducerRecord<>(TOPIC, 0, 1_577_836_800_000L, null, new byte[1])).get();
      return null;
    } catch (ExecutionException e) {
      return TimestampRefusal.told(Objects.requireNonNull(e.getCause()));
    }
  }

  @Test
  void any_other_failure_is_told_as_it_is() {
    assertThat(TimestampRefusal.told(new IllegalStateException("full")))
        .isEqualTo("java.lang.IllegalStateException: full");
    assertThat(TimestampRefusal.told(new IllegalStateException()))
        .isEqualTo("java.lang.IllegalStateException");
  }
}
