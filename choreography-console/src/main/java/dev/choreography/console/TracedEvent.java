// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console;

import dev.choreography.protocol.EventHeaders;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * An event as it was found on its topic.
 *
 * @param record with its coordinates and headers
 * @param event what it says, null if that cannot be read
 */
record TracedEvent(ConsumerRecord<byte[], byte[]> record, @Nullable IndexedRecord event) {

  /** The saga's id: the key, or of a start without one what the event says. */
  String saga() {
    return record.key() != null
        ? new String(record.key(), StandardCharsets.UTF_8)
        : event == null ? "" : String.valueOf(event.get(0));
  }

  /** The topic's name, on a control topic the command's. */
  String type() {
    String type = header(EventHeaders.TYPE);
    return type == null ? record.topic() : type;
  }

  /** The same for each copy of the event. */
  String id() {
    String id = header(EventHeaders.ID);
    return id == null ? EventHeaders.id(saga(), type()) : id;
  }

  /** When the handler ended; of a bare start, when it was published. */
  Instant time() {
    Instant time = instant(EventHeaders.TIME);
    return time == null ? published() : time;
  }

  /** When it was published. */
  Instant published() {
    return Instant.ofEpochMilli(record.timestamp());
  }

  /** The id of the event that led to it; absent for a bare start. */
  @Nullable String cause() {
    return header(EventHeaders.CAUSATION);
  }

  /** Who emitted it; absent for a bare start. */
  @Nullable String participant() {
    return header(EventHeaders.SOURCE);
  }

  @Nullable String outcome() {
    return header(EventHeaders.OUTCOME);
  }

  /** {@code name:version:fingerprint}; absent for a bare start. */
  @Nullable String choreography() {
    return header(EventHeaders.CHOREOGRAPHY);
  }

  @Nullable String header(String name) {
    return header(record, name);
  }

  /** A header that is a time; null if it is missing or none. */
  @Nullable Instant instant(String name) {
    String text = header(name);
    try {
      return text == null ? null : Instant.parse(text);
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** A field of the event as text, or null if there is none of this name. */
  @Nullable String field(String name) {
    if (event == null || event.getSchema().getField(name) == null) {
      return null;
    }
    Object value = event.get(event.getSchema().getField(name).pos());
    return value == null ? null : value.toString();
  }

  static @Nullable String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null
        ? null
        : new String(header.value(), StandardCharsets.UTF_8);
  }
}
