// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.control.Cancel;
import dev.choreography.protocol.EventHeaders;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** Events of saga {@code s} as a test finds them on their topics. */
public final class Found {

  private static final String SAGA = "s";
  private static final int PARTITION = 3;

  private final String topic;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private long timestamp;
  private long offset;
  private IndexedRecord value = new Cancel(SAGA, "", "");

  private Found(String topic) {
    this.topic = topic;
  }

  /** A bare one, at the epoch. */
  public static Found event(String topic) {
    return new Found(topic);
  }

  public Found after(@Nullable String cause) {
    if (cause != null) {
      headers.put(EventHeaders.CAUSATION, EventHeaders.id(SAGA, cause));
    }
    return this;
  }

  public Found at(long millis, long atOffset) {
    timestamp = millis;
    offset = atOffset;
    return this;
  }

  public Found of(Declaration declaration, String participant) {
    headers.put(EventHeaders.CHOREOGRAPHY, declaration.id());
    headers.put(EventHeaders.SOURCE, participant);
    headers.put(EventHeaders.DEADLINE, "1970-01-01T00:10:00Z");
    return this;
  }

  public Found with(String header, String text) {
    headers.put(header, text);
    return this;
  }

  public Found saying(IndexedRecord event) {
    value = event;
    return this;
  }

  public TracedEvent build() {
    return new TracedEvent(
        record(topic, PARTITION, offset, timestamp, SAGA.getBytes(UTF_8), new byte[0], headers),
        value);
  }

  public static ConsumerRecord<byte[], byte[]> record(
      String topic,
      int partition,
      long offset,
      long timestamp,
      byte @Nullable [] key,
      byte @Nullable [] value,
      Map<String, String> headers) {
    RecordHeaders all = new RecordHeaders();
    headers.forEach((name, text) -> all.add(name, text.getBytes(UTF_8)));
    return new ConsumerRecord<>(
        topic,
        partition,
        offset,
        timestamp,
        TimestampType.CREATE_TIME,
        0,
        0,
        key,
        value,
        all,
        Optional.empty());
  }
}
