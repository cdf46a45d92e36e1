// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.trace;

import dev.choreography.protocol.EventHeaders;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
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
public record TracedEvent(ConsumerRecord<byte[], byte[]> record, @Nullable IndexedRecord event) {

  /** A header of one whose value a console has not kept whole: how many bytes it has. */
  public static final String SHORTENED = "console_shortened";

  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

  /** The saga's id: the key, or of a start without one what the event says. */
  public String saga() {
    return record.key() != null
        ? new String(record.key(), StandardCharsets.UTF_8)
        : event == null ? "" : String.valueOf(event.get(0));
  }

  /** The topic's name, on a control topic the command's. */
  public String type() {
    String type = own(EventHeaders.TYPE);
    return type == null ? record.topic() : type;
  }

  /** A header that participants set; what a bare start has under its name is its client's. */
  private @Nullable String own(String name) {
    return choreography() == null ? null : header(name);
  }

  /** The same for each copy of the event, also for a bare start and the one that was adopted. */
  public String id() {
    String id = own(EventHeaders.ID);
    return id == null ? EventHeaders.id(saga(), type()) : id;
  }

  /** When the handler ended; of a bare start, when it was published. */
  public Instant time() {
    Instant time = instant(EventHeaders.TIME);
    return time == null ? published() : time;
  }

  /** When it was published. */
  public Instant published() {
    return Instant.ofEpochMilli(record.timestamp());
  }

  /** The id of the event that led to it; absent for a bare start. */
  public @Nullable String cause() {
    return header(EventHeaders.CAUSATION);
  }

  /** The type of the event that led to it; a command's id goes on after that. */
  public @Nullable String causeType() {
    String cause = cause();
    if (cause == null) {
      return null;
    }
    String own = EventHeaders.id(saga(), "");
    String type = cause.startsWith(own) ? cause.substring(own.length()) : cause;
    int end = type.indexOf('/');
    return end < 0 ? type : type.substring(0, end);
  }

  /** Who emitted it; absent for a bare start. */
  public @Nullable String participant() {
    return header(EventHeaders.SOURCE);
  }

  public @Nullable String outcome() {
    return header(EventHeaders.OUTCOME);
  }

  /** {@code name:version:fingerprint}; absent for a bare start. */
  public @Nullable String choreography() {
    return header(EventHeaders.CHOREOGRAPHY);
  }

  public @Nullable String header(String name) {
    return header(record, name);
  }

  /** A header that is a time of the years 1 to 9999; null if it is missing or none. */
  public @Nullable Instant instant(String name) {
    String text = header(name);
    try {
      // Any other time does not fit into milliseconds, or its sums do not.
      Instant time = text == null ? null : Instant.parse(text);
      return time == null || time.isBefore(EARLIEST) || time.isAfter(LATEST) ? null : time;
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** A field of the event as text, or null if there is none of this name. */
  public @Nullable String field(String name) {
    if (event == null || event.getSchema().getField(name) == null) {
      return null;
    }
    Object value = event.get(event.getSchema().getField(name).pos());
    return value == null ? null : value.toString();
  }

  public static @Nullable String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null || header.value() == null
        ? null
        : new String(header.value(), StandardCharsets.UTF_8);
  }

  /** All headers as text, the last of each name; those of bytes that are no text look odd. */
  Map<String, @Nullable String> headers() {
    Map<String, @Nullable String> headers = new LinkedHashMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), header(header.key()));
    }
    return headers;
  }
}
