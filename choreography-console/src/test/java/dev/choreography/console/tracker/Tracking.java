// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.console.status.SagaStatus;
import dev.choreography.console.trace.Declaration;
import dev.choreography.protocol.EventHeaders;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.HostInfo;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.test.TestRecord;
import org.jspecify.annotations.Nullable;

/**
 * The topology without a broker. A value is {@code step/times} or anything; {@code broken} cannot
 * be read.
 */
final class Tracking implements AutoCloseable {

  static final Instant BEGIN = Instant.parse("2027-01-01T00:00:00Z");
  static final Duration RETENTION = Duration.ofHours(1);
  private static final Schema SAID =
      SchemaBuilder.record("Said")
          .fields()
          .requiredString("saga_id")
          .requiredString("step")
          .requiredString("times")
          .endRecord();
  static final String BROKEN = "broken";
  static final int LARGEST = 10_000;

  /** How long after its time an event may still be read. */
  static final Duration KEPT = Duration.ofDays(8);

  private final Known known;
  private final TopologyTestDriver driver;
  private final Map<String, TestInputTopic<byte[], byte[]>> topics = new LinkedHashMap<>();

  Tracking(Path folder, Declaration... declarations) {
    this(folder, "", declarations);
  }

  /**
   * With a choreography that was declared after the start.
   *
   * @param justDeclared its id
   */
  Tracking(Path folder, String justDeclared, Declaration... declarations) {
    this.known = new Known(List.of(declarations), KEPT);
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "tracking");
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "nowhere:1");
    properties.put(StreamsConfig.STATE_DIR_CONFIG, folder.toString());
    this.driver =
        new TopologyTestDriver(
            TrackerTopology.of(
                known,
                known.topics(),
                Tracking::decode,
                LARGEST,
                () -> justDeclared::equals,
                (topic, saga) ->
                    saga == null ? null : text(StatusWriter.status(saga)).getBytes(UTF_8),
                new TrackerOptions(
                    "tracking",
                    folder,
                    new HostInfo("here", 1),
                    "",
                    RETENTION,
                    Duration.ofSeconds(1))),
            properties,
            BEGIN);
    known
        .topics()
        .forEach(
            topic ->
                topics.put(
                    topic,
                    driver.createInputTopic(
                        topic, new ByteArraySerializer(), new ByteArraySerializer())));
  }

  private static String text(SagaStatus told) {
    return (told.getVersion() == null ? "open " : "")
        + (told.getStatus() + told.getParked()).replace("[]", "");
  }

  private static @Nullable GenericRecord decode(ConsumerRecord<byte[], byte[]> record) {
    String text = record.value() == null ? BROKEN : new String(record.value(), UTF_8);
    if (text.equals(BROKEN)) {
      return null;
    }
    String[] parts = text.split("/", -1);
    return new GenericRecordBuilder(SAID)
        .set("saga_id", parts[0])
        .set("step", parts.length > 1 ? parts[1] : "")
        .set("times", parts.length > 2 ? parts[2] : "")
        .build();
  }

  /** An event on its way. */
  record Sent(
      String topic, @Nullable String key, String value, Instant at, Map<String, String> headers) {

    Sent with(String header, Object value) {
      Map<String, String> more = new LinkedHashMap<>(headers);
      more.put(header, value.toString());
      return new Sent(topic, key, this.value, at, more);
    }

    Sent saying(String other) {
      return new Sent(topic, key, other, at, headers);
    }

    Sent withoutKey() {
      return new Sent(topic, null, value, at, headers);
    }
  }

  static Sent bare(String topic, String saga, Instant at) {
    return new Sent(topic, saga, saga, at, Map.of());
  }

  /** As a participant emits it; it took 10 ms to be published. */
  static Sent event(Declaration declaration, String topic, String saga, Instant at) {
    return bare(topic, saga, at)
        .with(EventHeaders.CHOREOGRAPHY, declaration.id())
        .with(EventHeaders.SOURCE, "somebody")
        .with(EventHeaders.TIME, at.minusMillis(10))
        .with(EventHeaders.DEADLINE, BEGIN.plusSeconds(600));
  }

  /** A command, or parked. */
  static Sent said(Declaration declaration, String type, String saga, String step, int times) {
    return event(declaration, declaration.declared().getControl(), saga, BEGIN.plusSeconds(5))
        .with(EventHeaders.TYPE, type)
        .saying(saga + "/" + step + "/" + times);
  }

  Tracking send(Sent... all) {
    return send(List.of(all));
  }

  Tracking send(List<Sent> all) {
    for (Sent each : all) {
      RecordHeaders headers = new RecordHeaders();
      each.headers().forEach((name, text) -> headers.add(name, text.getBytes(UTF_8)));
      TestInputTopic<byte[], byte[]> topic = topics.get(each.topic());
      if (topic == null) {
        throw new IllegalArgumentException(each.topic());
      }
      topic.pipeInput(
          new TestRecord<>(
              each.key() == null ? null : each.key().getBytes(UTF_8),
              each.value().getBytes(UTF_8),
              headers,
              each.at()));
    }
    return this;
  }

  Tracking later(Duration by) {
    driver.advanceWallClockTime(by);
    return this;
  }

  Shards shards() {
    return new Shards(List.of(new LocalShard(this::store)));
  }

  @Nullable Tracked saga(Declaration declaration, String saga) {
    byte[] bytes = store(Stores.SAGAS).get(new SagaKey(declaration.name(), saga).bytes());
    return bytes == null ? null : Tracked.of(bytes);
  }

  KeyValueStore<Bytes, byte[]> store(String name) {
    return driver.getKeyValueStore(name);
  }

  List<KeyValue<Bytes, byte[]>> rows(String store) {
    List<KeyValue<Bytes, byte[]>> rows = new ArrayList<>();
    try (KeyValueIterator<Bytes, byte[]> all = store(store).all()) {
      all.forEachRemaining(rows::add);
    }
    return rows;
  }

  /**
   * What was told of each saga since the last call, in its order: {@code open} while it has no
   * version, its status, and what is parked; {@code -} that it has left.
   */
  List<String> told() {
    return driver
        .createOutputTopic(
            TrackerTopology.STATUS, new StringDeserializer(), new ByteArrayDeserializer())
        .readKeyValuesToList()
        .stream()
        .map(told -> told.key + " " + (told.value == null ? "-" : new String(told.value, UTF_8)))
        .toList();
  }

  @Override
  public void close() {
    driver.close();
  }
}
