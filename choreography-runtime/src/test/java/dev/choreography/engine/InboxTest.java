// SPDX-License-Identifier: Apache-2.0
package dev.choreography.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.choreography.Choreography;
import dev.choreography.Outcome;
import dev.choreography.StepOptions;
import dev.choreography.control.Parked;
import dev.choreography.control.Retry;
import dev.choreography.protocol.EventHeaders;
import dev.choreography.testbed.MemoryCodec;
import dev.choreography.testbed.Scripted;
import dev.choreography.testevents.CompensatedA;
import dev.choreography.testevents.CompensatedB;
import dev.choreography.testevents.CompletedA;
import dev.choreography.testevents.CompletedB;
import dev.choreography.testevents.FailedA;
import dev.choreography.testevents.FailedB;
import dev.choreography.testevents.Started;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What a record means, judged by what it says alone. */
class InboxTest {

  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
  private static final Choreography ORDER = choreography(1_234_567_890);

  private final MemoryCodec codec = new MemoryCodec();
  private final Inbox inbox = new Inbox(List.of(hosted(ORDER)), codec);
  private final List<Delivery> deliveries = new ArrayList<>();
  private long offset;

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
    return hosted(choreography, "a");
  }

  private static HostedStep hosted(Choreography choreography, String step) {
    Scripted handler =
        new Scripted(
            choreography.step(step),
            (request, saga) -> Outcome.completed(request),
            (completed, saga) -> {});
    return new HostedStep(
        choreography, choreography.indexOf(step), handler, false, StepOptions.defaults());
  }

  private @Nullable String read(SpecificRecord event, Map<String, String> headers) {
    return read(record("started", event, headers, false));
  }

  private @Nullable String read(Incoming record) {
    deliveries.clear();
    return inbox.read(record, deliveries);
  }

  private Incoming record(
      String topic, SpecificRecord event, Map<String, String> headers, boolean misplaced) {
    return new Incoming(
        topic,
        0,
        offset++,
        NOW,
        NOW,
        "s".getBytes(StandardCharsets.UTF_8),
        codec.encode(topic, event),
        name -> {
          String text = headers.get(name);
          return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
        },
        misplaced);
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
  void a_bare_start_from_the_future_is_a_dead_letter() {
    Incoming now = record("started", new Started("s", "go"), Map.of(), false);
    assertThat(read(at(now, NOW.plus(Duration.ofHours(23))))).isNull();
    assertThat(read(at(now, NOW.plus(Duration.ofHours(25)))))
        .contains("timestamp 2026-11-21T13:00:00Z", "ahead of 2026-11-20T12:00:00Z", "replayed");
    // Microseconds for milliseconds.
    assertThat(read(at(now, Instant.ofEpochMilli(NOW.toEpochMilli() * 1000))))
        .contains("makes no deadline");
  }

  private static Incoming at(Incoming record, Instant timestamp) {
    return new Incoming(
        record.topic(),
        record.partition(),
        record.offset(),
        timestamp,
        record.received(),
        record.key(),
        record.value(),
        record.headers(),
        record.misplaced());
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

  @Test
  void what_is_ignored_is_counted_by_its_reason() {
    Map<String, String> whole =
        Map.of(
            EventHeaders.CHOREOGRAPHY,
            ORDER.id(),
            EventHeaders.DEADLINE,
            NOW.plusSeconds(60).toString());
    String control = ORDER.controlTopic();
    assertThat(of("other:1:0123456789abcdef")).isNull();
    assertThat(of("order:1:0123456789abcdef")).isNull();
    assertThat(of("order:2:0123456789abcdef")).isNull();
    assertThat(read(record(control, new Parked("s", "a", 1, "broken"), whole, false))).isNull();
    assertThat(read(record(control, new Retry("s", "another", 1, "op", ""), whole, false)))
        .isNull();
    assertThat(read(new Started("s", "go"), whole)).isNull();
    assertThat(counts())
        .containsOnly(
            entry("ignored other_choreography", 1L),
            entry("ignored older_version", 2L),
            entry("ignored parking", 1L),
            entry("ignored other_step", 1L));
  }

  @Test
  void a_bare_start_that_another_adopts_is_counted_there() {
    Choreography two =
        Choreography.named("two")
            .startedBy(Started.class)
            .step(
                "a",
                step ->
                    step.ownedBy("another")
                        .after(Started.class)
                        .completes(CompletedA.class)
                        .fails(FailedA.class)
                        .compensates(CompensatedA.class))
            .step(
                "b",
                step ->
                    step.ownedBy("tests")
                        .after(Started.class)
                        .completes(CompletedB.class)
                        .fails(FailedB.class)
                        .compensates(CompensatedB.class))
            .build();
    Inbox ofB = new Inbox(List.of(hosted(two, "b")), codec);
    Incoming bare = record("started", new Started("s", "go"), Map.of(), false);
    assertThat(ofB.read(bare, deliveries)).isNull();
    assertThat(deliveries).isEmpty();
    assertThat(ofB.counts().ignored(Ignored.OTHER_ADOPTER)).isOne();
  }

  @Test
  void what_lies_on_another_partition_than_its_keys_is_counted_and_told_now_and_then() {
    Logger logger = (Logger) LoggerFactory.getLogger(RecordCounts.class);
    ListAppender<ILoggingEvent> told = new ListAppender<>();
    told.start();
    logger.addAppender(told);
    try {
      for (int i = 0; i < 3; i++) {
        read(record("started", new Started("s", "go"), Map.of(), true));
      }
    } finally {
      logger.detachAppender(told);
    }
    assertThat(counts()).containsOnly(entry("misplaced", 3L));
    assertThat(told.list)
        .singleElement()
        .asString()
        .contains("[WARN] event=started-0@0 outcome=misplaced", "1 such records");
  }

  @Test
  void a_record_that_is_read_again_is_counted_once() {
    Incoming older =
        record(
            "started",
            new Started("s", "go"),
            Map.of(EventHeaders.CHOREOGRAPHY, "order:1:0123456789abcdef"),
            true);
    read(older);
    read(older);
    assertThat(counts()).containsOnly(entry("ignored older_version", 1L), entry("misplaced", 1L));
  }

  private Map<String, Long> counts() {
    Map<String, Long> counts = new HashMap<>(inbox.counts().all());
    counts.values().removeIf(count -> count == 0);
    return counts;
  }

  private @Nullable String of(String id) {
    return read(new Started("s", "go"), Map.of(EventHeaders.CHOREOGRAPHY, id));
  }
}
