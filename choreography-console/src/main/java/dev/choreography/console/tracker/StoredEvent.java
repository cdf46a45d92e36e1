// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** A record as it was on its topic, with where it was, as bytes and back. */
final class StoredEvent {

  private static final byte FORMAT = 1;

  private StoredEvent() {}

  static byte[] bytes(ConsumerRecord<byte[], byte[]> record) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      out.writeUTF(record.topic());
      out.writeInt(record.partition());
      out.writeLong(record.offset());
      out.writeLong(record.timestamp());
      write(out, record.key());
      write(out, record.value());
      Header[] headers = record.headers().toArray();
      out.writeShort(headers.length);
      for (Header header : headers) {
        out.writeUTF(header.key());
        write(out, header.value());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
    return bytes.toByteArray();
  }

  static ConsumerRecord<byte[], byte[]> of(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      byte format = in.readByte();
      if (format != FORMAT) {
        throw new IllegalStateException(
            "an event is stored in format %s, this program knows %s".formatted(format, FORMAT));
      }
      String topic = in.readUTF();
      int partition = in.readInt();
      long offset = in.readLong();
      long timestamp = in.readLong();
      byte[] key = read(in);
      byte[] value = read(in);
      RecordHeaders headers = new RecordHeaders();
      for (int left = in.readShort(); left > 0; left--) {
        headers.add(in.readUTF(), read(in));
      }
      return record(topic, partition, offset, timestamp, key, value, headers);
    } catch (IOException e) {
      throw new UncheckedIOException("memory cannot fail", e);
    }
  }

  static ConsumerRecord<byte[], byte[]> record(
      String topic,
      int partition,
      long offset,
      long timestamp,
      byte @Nullable [] key,
      byte @Nullable [] value,
      RecordHeaders headers) {
    return new ConsumerRecord<>(
        topic,
        partition,
        offset,
        timestamp,
        TimestampType.CREATE_TIME,
        ConsumerRecord.NULL_SIZE,
        ConsumerRecord.NULL_SIZE,
        key,
        value,
        headers,
        Optional.empty());
  }

  /** Begins the key of each row of a saga. */
  static Bytes rows(SagaKey saga) {
    return new KeyBytes().text(saga.choreography()).text(saga.saga()).bytes();
  }

  /** A record has the same row whenever it comes. */
  static Bytes row(SagaKey saga, ConsumerRecord<byte[], byte[]> record) {
    return new KeyBytes()
        .text(saga.choreography())
        .text(saga.saga())
        .text(record.topic())
        .number(record.partition())
        .number(record.offset())
        .bytes();
  }

  private static void write(DataOutputStream out, byte @Nullable [] bytes) throws IOException {
    if (bytes == null) {
      out.writeInt(-1);
    } else {
      out.writeInt(bytes.length);
      out.write(bytes);
    }
  }

  private static byte @Nullable [] read(DataInputStream in) throws IOException {
    int length = in.readInt();
    return length < 0 ? null : in.readNBytes(length);
  }
}
