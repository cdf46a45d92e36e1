// SPDX-License-Identifier: Apache-2.0
package dev.choreography.kafka;

import dev.choreography.engine.Incoming;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** Converts what a consumer polled into what an intake handles. */
final class IncomingRecords {

  private IncomingRecords() {}

  static List<Incoming> of(
      ConsumerRecords<byte[], byte[]> records, Instant received, ObservedTopics topics) {
    List<Incoming> incoming = new ArrayList<>(records.count());
    for (ConsumerRecord<byte[], byte[]> record : records) {
      Header[] headers = record.headers().toArray();
      incoming.add(
          new Incoming(
              record.topic(),
              record.partition(),
              record.offset(),
              Instant.ofEpochMilli(record.timestamp()),
              received,
              record.key(),
              record.value(),
              name -> header(headers, name),
              topics.isMisplaced(record.topic(), record.partition(), record.key())));
    }
    return incoming;
  }

  /** Some are asked for, once or twice: a map of all would cost more than it saves. */
  private static byte @Nullable [] header(Header[] headers, String name) {
    for (int i = headers.length - 1; i >= 0; i--) {
      if (headers[i].key().equals(name) && headers[i].value() != null) {
        return headers[i].value();
      }
    }
    return null;
  }
}
