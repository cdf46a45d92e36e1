// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.protocol.EventHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * An event as it was found on its topic.
 *
 * @param saga the saga's id, the record's key
 * @param type the topic's name
 * @param time when the handler ended; of a bare start, when it was published
 * @param cause the id of the event that led to it; absent for a bare start
 * @param participant who emitted it; absent for a bare start
 * @param outcome the header {@code ce_outcome}
 */
record TracedEvent(
    String saga,
    String type,
    Instant time,
    int partition,
    long offset,
    @Nullable String cause,
    @Nullable String participant,
    @Nullable String outcome,
    SpecificRecord event) {

  static TracedEvent of(ConsumerRecord<byte[], byte[]> record, SpecificRecord event) {
    String time = header(record, EventHeaders.TIME);
    return new TracedEvent(
        String.valueOf(event.get(0)),
        record.topic(),
        time == null ? Instant.ofEpochMilli(record.timestamp()) : Instant.parse(time),
        record.partition(),
        record.offset(),
        header(record, EventHeaders.CAUSATION),
        header(record, EventHeaders.SOURCE),
        header(record, EventHeaders.OUTCOME),
        event);
  }

  /** The same for each copy of the event. */
  String id() {
    return EventHeaders.id(saga, type);
  }

  static @Nullable String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null
        ? null
        : new String(header.value(), StandardCharsets.UTF_8);
  }
}
