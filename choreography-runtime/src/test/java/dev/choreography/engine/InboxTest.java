// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.StepOptions;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.testbed.MemoryCodec;
import dev.choreography.testbed.Scripted;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.Started;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a record means, judged by what it says alone. */
class InboxTest {

  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final Choreography ORDER = choreography(1_234_567_890);

  private final MemoryCodec codec = new MemoryCodec();
  private final Inbox inbox = new Inbox(List.of(hosted(ORDER)), codec);
  private final List<Delivery> deliveries = new ArrayList<>();

  private static Choreography choreography(int version) {
    return Choreography.named("order")
        .version(version)
        .startedBy(Started.class)
        .step(
            "a",
            step ->
                step.ownedBy("tests")
                    .after(Started.class)
                    .completes(CompletedA.class)
                    .fails(FailedA.class))
        .build();
  }

  private static HostedStep hosted(Choreography choreography) {
    Scripted handler =
        new Scripted(
            choreography.step("a"),
            (request, saga) -> Outcome.completed(request),
            (completed, saga) -> {});
    return new HostedStep(choreography, 0, handler, false, StepOptions.defaults());
  }

  private @Nullable String read(SpecificRecord event, Map<String, String> headers) {
    deliveries.clear();
    return inbox.read(
        new Incoming(
            "started",
            0,
            0,
            NOW,
            NOW,
            "s".getBytes(StandardCharsets.UTF_8),
            codec.encode("started", event),
            name -> {
              String text = headers.get(name);
              return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
            },
            false),
        deliveries);
  }

  @Test
  void a_start_of_a_stranger_is_adopted_whatever_its_own_headers_say() {
    Map<String, String> foreign =
        Map.of(
            EventHeaders.SPEC_VERSION,
            "1.0",
            EventHeaders.ID,
            "7d2b",
            EventHeaders.TYPE,
            "com.example.order.placed.v2",
            EventHeaders.SOURCE,
            "/shop/eu",
            EventHeaders.DEADLINE,
            "in three days");
    assertThat(read(new Started("s", "go"), foreign)).isNull();
    assertThat(deliveries).singleElement().matches(Delivery::bare);
    assertThat(deliveries.get(0).deadline()).isEqualTo(NOW.plus(ORDER.deadline()));
  }

  @Test
  void the_headers_of_a_participant_are_judged() {
    assertThat(
            read(
                new Started("s", "go"),
                Map.of(EventHeaders.CHOREOGRAPHY, ORDER.id(), EventHeaders.TYPE, "com.example")))
        .contains("ce_type says 'com.example'", "the value is a started");
    assertThat(
            read(
                new Started("s", "go"),
                Map.of(EventHeaders.CHOREOGRAPHY, ORDER.id(), EventHeaders.DEADLINE, "soon")))
        .contains("ce_deadline is no ISO-8601 time: soon");
    assertThat(deliveries).isEmpty();
  }

  @Test
  void a_version_may_have_ten_digits() {
    assertThat(of("order:1234567889:0123456789abcdef")).as("an older one").isNull();
    assertThat(of("order:2147483647:0123456789abcdef")).startsWith("version not hosted yet");
    assertThat(of("order:2147483648:0123456789abcdef")).contains("name:version:fingerprint");
    assertThat(of("order:-1:0123456789abcdef")).contains("name:version:fingerprint");
  }

  private @Nullable String of(String id) {
    return read(new Started("s", "go"), Map.of(EventHeaders.CHOREOGRAPHY, id));
  }
}
