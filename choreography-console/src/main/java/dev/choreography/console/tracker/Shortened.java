// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.choreography.console.trace.TracedEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A record that the tracker's own topics would not take, so that no record that a broker has
 * accepted stops the tracker: the same event with the beginning of each long text, list and header.
 */
final class Shortened {

  /** Magic byte and schema id, which stay. */
  private static final int PREFIX = 5;

  private static final int LONGEST_TEXT = 200;
  private static final int MOST_ITEMS = 20;
  private static final int MOST_HEADERS = 100;

  private Shortened() {}

  /**
   * The record as bytes, shortened if they are more than a topic takes.
   *
   * @param largest how many bytes it takes
   */
  static byte[] bytes(ConsumerRecord<byte[], byte[]> record, int largest, EventDecoder decoder) {
    byte[] whole = sizeOf(record) > largest ? null : bytesIfAny(record);
    if (whole != null && whole.length <= largest) {
      return whole;
    }
    byte[] value = record.value();
    if (sizeOf(record) > largest / 2) {
      GenericRecord event = decoder.decode(record);
      value = event == null ? null : value(record.value(), event);
    }
    byte[] shortened = StoredEvent.bytes(with(record, value));
    return shortened.length <= largest ? shortened : StoredEvent.bytes(with(record, null));
  }

  private static long sizeOf(ConsumerRecord<byte[], byte[]> record) {
    return record.value() == null ? 0 : record.value().length;
  }

  private static byte @Nullable [] bytesIfAny(ConsumerRecord<byte[], byte[]> record) {
    for (Header header : record.headers()) {
      if (header.key().length() > LONGEST_TEXT) {
        return null;
      }
    }
    return record.headers().toArray().length > MOST_HEADERS ? null : StoredEvent.bytes(record);
  }

  private static ConsumerRecord<byte[], byte[]> with(
      ConsumerRecord<byte[], byte[]> record, byte @Nullable [] value) {
    RecordHeaders headers = new RecordHeaders();
    for (Header header : record.headers()) {
      boolean isOurs = header.key().startsWith("ce_") || header.key().startsWith("dead_letter_");
      boolean isShort = header.value() == null || header.value().length <= LONGEST_TEXT;
      if (header.key().length() <= LONGEST_TEXT
          && headers.toArray().length < MOST_HEADERS
          && (isOurs || isShort)) {
        headers.add(header.key(), isShort ? header.value() : beginning(header.value()));
      }
    }
    int size = record.value() == null ? 0 : record.value().length;
    headers.add(TracedEvent.SHORTENED, Integer.toString(size).getBytes(UTF_8));
    return StoredEvent.record(
        record.topic(),
        record.partition(),
        record.offset(),
        record.timestamp(),
        record.key(),
        value,
        headers);
  }

  /** Longer than any id or time that is one of ours: a reason, say. */
  private static byte[] beginning(byte[] text) {
    int most = 2_000;
    return text.length <= most ? text : Arrays.copyOf(text, most);
  }

  private static byte @Nullable [] value(byte[] whole, GenericRecord event) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(whole, 0, PREFIX);
    try {
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
      Schema schema = event.getSchema();
      new GenericDatumWriter<GenericRecord>(schema).write(shorter(event), encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    } catch (RuntimeException | StackOverflowError e) {
      return null; // no summary is better than no tracker
    }
    return bytes.toByteArray();
  }

  private static GenericRecord shorter(GenericRecord record) {
    for (Schema.Field field : record.getSchema().getFields()) {
      record.put(field.pos(), part(record.get(field.pos())));
    }
    return record;
  }

  private static @Nullable Object part(@Nullable Object value) {
    if (value instanceof GenericRecord record) {
      return shorter(record);
    }
    if (value instanceof CharSequence text && text.length() > LONGEST_TEXT) {
      // Not between the halves of a character.
      int end =
          Character.isHighSurrogate(text.charAt(LONGEST_TEXT - 1))
              ? LONGEST_TEXT - 1
              : LONGEST_TEXT;
      return text.subSequence(0, end) + "…";
    }
    if (value instanceof ByteBuffer bytes && bytes.remaining() > LONGEST_TEXT) {
      return bytes.duplicate().limit(bytes.position() + LONGEST_TEXT);
    }
    if (value instanceof Map<?, ?> map) {
      Map<Object, @Nullable Object> some = new LinkedHashMap<>();
      map.entrySet().stream()
          .limit(MOST_ITEMS)
          .forEach(entry -> some.put(part(entry.getKey()), part(entry.getValue())));
      return some;
    }
    if (value instanceof Collection<?> items) {
      List<@Nullable Object> some = new ArrayList<>();
      items.stream().limit(MOST_ITEMS).forEach(item -> some.add(part(item)));
      return some;
    }
    return value;
  }
}
