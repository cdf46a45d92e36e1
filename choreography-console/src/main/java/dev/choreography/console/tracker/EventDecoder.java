// SPDX-License-Identifier: Apache-2.0
package dev.choreography.console.tracker;

import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Reads what a record says. */
public interface EventDecoder {

  /**
   * The event in a record, or null if its value cannot be read as one.
   *
   * @throws RuntimeException if it cannot be read now; the record is tried again
   */
  @Nullable GenericRecord decode(ConsumerRecord<byte[], byte[]> record);
}
